// HTTP/1.1 as a client speaks it, without TLS: one connection to one server, one call on it at a
// time. It knows nothing of records. A connection is used on the executor that its coroutines run
// on.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.hpp"
#include "http/method.hpp"

namespace reef::http {

struct HostPort {
    std::string host;  // a name or an address; of IPv6 without brackets
    std::string port;
};

struct Url {
    HostPort server;
    std::string target;  // path and query; empty when the URL has no path, or only "/"
};

// "http://HOST[:PORT][/PATH]", also without "http://". The port is 80 when there is none. Absent
// when the text is no such URL: https is not spoken here.
std::optional<Url> parse_url(std::string_view url);

// Whether an answer may come compressed (zstd.hpp).
enum class Compression : std::uint8_t {
    never,
    beyond_loopback,  // on one machine it costs more time than it saves
    always,
};

struct Call {
    Method method = Method::get;
    std::string target;        // "/path?query"
    std::string headers = {};  // "Name: value\r\n" lines, all but Host and Content-Length
    std::string body = {};
    std::size_t answer_bytes_max = 8 << 20;  // of the answer's body, where it is read whole
    Compression compression = Compression::never;
};

struct Answer {
    int status = 0;
    std::string body;
};

class ClientConnection {
public:
    virtual ~ClientConnection() = default;

    // Sends the call and reads the whole answer.
    // closed: the server closed the connection before it answered, so that a call on a connection
    // which had been idle can be made again on a new one.
    // outcome_unknown: the call was sent, and its whole answer did not arrive in time.
    virtual Task<Answer> exchange(Call call, std::chrono::milliseconds timeout) = 0;

    // For an answer that never ends: sends the call, reads the answer's head, returns the status.
    // Fails as exchange() does.
    virtual Task<int> begin(Call call, std::chrono::milliseconds timeout) = 0;
    // The body's next bytes, as soon as there are any. They hold until the next call of this
    // function. Empty: the body has ended.
    // timeout: nothing arrived. unavailable: the connection broke.
    virtual Task<std::string_view> read_some(std::chrono::milliseconds timeout) = 0;

    // The answer was read to its end, and the server keeps the connection open for another call.
    virtual bool is_reusable() const = 0;

    // What is under way on it fails, and the server knows that nobody waits for an answer.
    virtual void close() = 0;
};

// Looks the name up each time: containers come back at other addresses. refused: nobody listens
// there. unavailable: the server cannot be reached.
Task<std::unique_ptr<ClientConnection>> connect(HostPort server, std::chrono::milliseconds timeout);

// One call on a connection of its own. Blocks the calling thread. unavailable: there was no answer
// within the timeout.
Result<Answer> ask(const Url& url, Call call, std::chrono::milliseconds timeout);

}  // namespace reef::http
