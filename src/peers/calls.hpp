// Single requests to a peer, over connections that stay open.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "peers/address.hpp"
#include "peers/answer_lines.hpp"

namespace reef::peers {

// How long an answer is waited for. An answer that comes later is still read, so that its
// connection stays.
struct Patience {
    Patience(std::chrono::milliseconds longest) : timeout(longest) {}
    std::chrono::milliseconds timeout;
    // Asked again and again: how long the peer will be thought to be there. When it is not, the
    // call is given up: its connection is closed, so that the peer does not begin it any more.
    std::function<std::chrono::nanoseconds()> silent_in = {};
};

// Used on the executor that its coroutines run on.
class PeerCalls {
public:
    using Answer = http::Answer;
    virtual ~PeerCalls() = default;
    // unavailable: no connection; an earlier try on a kept one may have been carried out.
    // outcome_unknown: it was sent, and no answer came in time.
    virtual Task<Answer> post(std::string path, std::string body, Patience patience) = 0;
    virtual Task<Answer> get(std::string target, Patience patience) = 0;
    // For a long answer, on a connection of its own: returns with its head. Each piece of it is
    // waited for so long. Where nothing else is said, it is read whole all the same.
    virtual Task<std::unique_ptr<AnswerLines>> post_lines(std::string path, std::string body,
                                                          std::chrono::milliseconds timeout);
    virtual Task<std::unique_ptr<AnswerLines>> get_lines(std::string target,
                                                         std::chrono::milliseconds timeout);
    // Opens a connection or two, where none is idle, and uses those that nobody has used for long:
    // else what lies between would forget them.
    virtual asio::awaitable<void> keep_warm() = 0;
};
std::unique_ptr<PeerCalls> make_peer_calls(PeerAddress peer);
using PeerCallsByName = std::map<std::string, std::unique_ptr<PeerCalls>>;

}  // namespace reef::peers
