// One connection: reads requests, has them handled, writes the answers, in order. All on one
// thread.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <string>

#include "http/chunked.hpp"
#include "http/request_parser.hpp"
#include "http/response_head.hpp"
#include "http/server.hpp"
#include "http/zstd.hpp"

namespace reef::http {

// The io_context's own executor: any_io_executor would cost an indirect call for each operation.
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

using SweepTime = std::chrono::steady_clock::time_point;

// What the sessions of one io thread share.
struct SessionContext {
    const ServerOptions& options;
    Handler& handler;
    SweepTime now;  // as of the last sweep: deadlines need no better clock
    DateLine date;
    bool draining = false;  // no new requests; streams go on
    bool ending = false;    // streams end too
};

class Session {
public:
    // `over_cap`: one connection too many, which is only told so.
    Session(Socket socket, std::string peer_address, bool over_cap, SessionContext& context);

    // Ends when the connection does. Throws operation_aborted after cut(), else never.
    asio::awaitable<void> run();

    asio::cancellation_slot cancellation_slot() { return cancel_.slot(); }
    bool was_cut() const { return cut_; }
    bool streams() const { return streaming_ != Streaming::no; }

    void sweep();       // ends the operation that is past its deadline
    void drain();       // ends what waits for nothing that is under way; a stream goes on
    void end_stream();  // if there is one
    void cut();         // ends run() wherever it is

private:
    class ChunkedStream;
    // What the session waits for, and so what happens at its deadline.
    enum class Phase : std::uint8_t {
        idle,       // a request's first byte: closed
        head,       // the rest of a head: 408
        body,       // the rest of a body: 408
        handling,   // the handler, or a stream's next piece: they bound themselves, no deadline
        writing,    // the client to take bytes: closed
        lingering,  // the client to close: closed
        expired,    // nothing any more: sweep() has ended the wait, of any phase but idle
    };
    enum class Streaming : std::uint8_t {
        no,
        yes,    // an answer's body is being streamed
        ended,  // it is to stop: its client has gone, or the server stops
    };
    enum class Next : std::uint8_t { request, refused, end };

    void enter(Phase phase, std::chrono::milliseconds timeout);
    void enter_unbounded(Phase phase);
    std::string_view unread() const;
    Next refuse(HttpError error);
    Next read_failed();
    bool peer_has_gone();
    bool is_given_up();
    void forget_request();

    asio::awaitable<bool> read_some(std::size_t bytes);
    asio::awaitable<Next> read_request();
    std::uint64_t body_bytes_max() const;  // of the request whose head was read
    asio::awaitable<Next> read_body();
    asio::awaitable<Next> read_sized_body(std::uint64_t size);
    asio::awaitable<Next> read_chunked_body();
    asio::awaitable<Response> handle();
    asio::awaitable<bool> answer(Response response);  // true: the connection lives on
    bool compress(Response& response);                // whether the client reads it so
    asio::awaitable<bool> stream(StreamBody& body, bool compressed);
    asio::awaitable<bool> send(std::string_view bytes, std::string_view more);
    asio::awaitable<void> linger();

    SessionContext& context_;
    Socket socket_;
    const std::string peer_address_;
    const bool over_cap_;
    asio::cancellation_signal cancel_;

    boost::beast::flat_buffer in_;
    std::size_t message_bytes_ = 0;  // of in_, that the request's views need
    HeadParser parser_;
    Request request_;
    std::string head_;  // a head whose body did not come with it …
    std::string body_;  // … and that body
    std::string out_;   // one answer, but for a long body
    HttpError error_;

    Phase phase_ = Phase::idle;
    SweepTime deadline_ = SweepTime::max();
    Streaming streaming_ = Streaming::no;
    bool is_first_ = true;  // no request has been answered
    bool cut_ = false;
};

}  // namespace reef::http
