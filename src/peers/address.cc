#include "peers/address.hpp"

#include "model/sizes.hpp"

namespace reef::peers {

namespace {

// A piece of rows, and a record of the largest size at its end.
constexpr std::size_t answer_bytes_max = model::line_bytes_max + (8 << 20);

}  // namespace

Error unavailable(const PeerAddress& peer, std::string_view what) {
    return {Errc::unavailable,
            peer.node + " at " + peer.host + ':' + peer.port + ": " + std::string{what}};
}

void turn_to_next_process(PeerAddress& peer) {
    if (peer.more.empty()) return;
    peer.more.push_back({peer.host, peer.port});
    peer.host = peer.more.front().host;
    peer.port = peer.more.front().port;
    peer.more.erase(peer.more.begin());
}

Task<std::unique_ptr<http::ClientConnection>> connect(PeerAddress peer,
                                                      std::chrono::milliseconds timeout) {
    http::HostPort server{peer.host, peer.port};
    auto connection = co_await http::connect(std::move(server), timeout);
    if (connection) co_return connection;
    Error error = unavailable(peer, connection.error().what);
    if (connection.error().code == Errc::refused) error.code = Errc::refused;
    co_return error;
}

http::Call make_call(const PeerAddress& peer, http::Method method, std::string target) {
    http::Call call{method, std::move(target)};
    call.answer_bytes_max = answer_bytes_max;
    call.compression = peer.compression;
    call.headers =
        "Atoll-Peer: " + peer.self + "\r\nAtoll-Schema: " + peer.agreement->id() + "\r\n";
    if (!peer.run.empty()) call.headers += "Atoll-Run: " + peer.run + "\r\n";
    if (!peer.secret.empty()) call.headers += "Atoll-Peer-Secret: " + peer.secret + "\r\n";
    return call;
}

}  // namespace reef::peers
