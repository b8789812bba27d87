// Calls that another program made on its own server, and that it describes in messages of the
// app's shape: method, path and body. One node executes them, as if the program had called it; the
// others have a copy of each message in their own queue and pass it over, since they get the
// change. Who executes is fixed by the app: when that node is away, its queue keeps the messages.
//
// A call is named after the hash of its message, so one that comes again has no second effect. What
// is refused for good is put aside. What may be taken later waits, and with it what the same
// program said after it. On one executor.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/watch.hpp"
#include "brokers/broker.hpp"
#include "brokers/dead_messages.hpp"
#include "commit/progress.hpp"
#include "model/change.hpp"

namespace reef::brokers {

struct ForeignCall {
    std::string source;  // the program, by its name in the app
    std::string method;
    std::string path;     // with the query, where it has one
    std::string body;     // JSON
    std::string record;   // JSON, as the program has it, or its key alone; "": untold
    std::string name;     // of the message, the same whenever it comes
    model::Headers kept;  // as the message has them
    std::optional<Time> made;
    std::string traceparent;
};

struct CallFate {
    enum class Kind : std::uint8_t { done, refused, waits };
    Kind kind = Kind::waits;
    std::string why = {};  // refused
};

struct ForeignCallOptions {
    std::string body;  // the shape of a message, as the app has it
    // The programs whose messages are calls; true where this node executes them.
    std::map<std::string, bool> executes;
    std::function<Task<CallFate>(ForeignCall)> execute;
    std::chrono::milliseconds retry_min{100};
    std::chrono::milliseconds retry_max{2000};
    std::uint32_t random_seed = std::random_device{}();
};

// Where a message of this shape says what: the names of its members, from a template in which they
// are a part alone.
class CallShape {
public:
    explicit CallShape(const std::string& body);

    // invalid: it describes no call, and why.
    Result<ForeignCall> read(const Message& message) const;

private:
    const Json* find(const Json& body, const std::string& part) const;
    std::string text(const Json& body, const std::string& part) const;

    std::map<std::string, std::string> members_;  // by part
};

class ForeignCalls {
public:
    ForeignCalls(ForeignCallOptions options, DeadMessages& dead, commit::Progress& progress,
                 Clock& clock);

    // In the order in which they came. Returns the number of the last.
    std::uint64_t take(std::vector<Arrived> arrived);
    // Up to this number all are executed, passed over or put aside.
    std::uint64_t settled() const { return held_.empty() ? given_ : held_.front().number - 1; }
    // The reader begins again: what is not settled comes once more.
    void forget();

    asio::awaitable<void> run();  // until it is cancelled

    // From any thread.
    std::uint64_t executed() const { return executed_; }

private:
    struct Held {
        std::uint64_t number = 0;
        Arrived arrived;
        std::optional<ForeignCall> call;  // absent: it describes none
        std::string why = {};
        bool settled = false;
        std::string source() const { return call ? call->source : std::string{}; }
    };

    Held read(Arrived arrived);
    asio::awaitable<bool> settle_held();
    Task<void> settle(std::size_t place);
    void drop_settled();

    const ForeignCallOptions options_;
    DeadMessages& dead_;
    commit::Progress& progress_;
    Clock& clock_;
    const CallShape shape_;
    Watch came_;
    std::atomic<std::uint64_t> executed_{0};
    std::deque<Held> held_;
    std::uint64_t given_ = 0;       // number of the last one
    std::uint64_t beginnings_ = 0;  // what was begun before is of no use
};

}  // namespace reef::brokers
