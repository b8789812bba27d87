// One process of a fleet: a database, a broker, a node, the gateway. Started, watched, restarted
// when it dies.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "base/watch.hpp"
#include "fleet/child.hpp"

namespace reef::fleet {

enum class MemberState : std::uint8_t {
    stopped,   // by a command, or not started yet
    starting,  // runs, and has not said that it serves
    serving,
    stopping,  // was asked to end
    crashed,   // died, and waits for its restart
    failed,    // ended before it ever served: starting it again would not help
};
std::string_view name_of(MemberState state);

// What stands on what: a tier starts when the one before it serves, and stops before it does.
enum class Tier : std::uint8_t { backing, node, gateway };
inline constexpr std::array tiers{Tier::backing, Tier::node, Tier::gateway};

struct MemberOptions {
    std::string name;
    Tier tier = Tier::node;
    Command preparation;  // runs to its end before the first start, when it has arguments
    Command command;
    std::vector<std::string> first_start_arguments;  // more of them, until it has served once
    std::string log_file;
    std::string ready_mark;  // a line with this in it says that it serves; "" = when it runs
};

// On one io_context.
class Member {
public:
    Member(boost::asio::io_context& context, MemberOptions options,
           std::function<void(const Member&, const std::string& line)> show);
    ~Member();

    void start();
    void ask_to_stop();
    void kill();
    // Its process has ended, with a status as waitpid tells it. It is started again, after a pause,
    // unless it was to stop.
    void ended(int status);

    // Returns once the state is another than `state`, or the timeout is over.
    asio::awaitable<void> wait_while(MemberState state, std::chrono::milliseconds timeout);

    const std::string& name() const { return options_.name; }
    const std::string& log_file() const { return options_.log_file; }
    Tier tier() const { return options_.tier; }
    MemberState state() const { return state_; }
    pid_t pid() const { return child_ ? child_->pid() : 0; }
    std::uint64_t restarts() const { return restarts_; }
    const std::string& ready_line() const { return ready_line_; }  // the one with the mark
    // For one that does not serve: "its process ended with exit status 1".
    std::string why_not_serving() const;
    const std::deque<std::string>& last_lines() const { return last_lines_; }  // of its output

private:
    void run(const Command& command);
    void take_line(std::string line);
    void become(MemberState state);

    boost::asio::io_context& context_;
    const MemberOptions options_;
    const std::function<void(const Member&, const std::string&)> show_;
    std::ofstream log_;
    std::unique_ptr<Child> child_;
    boost::asio::steady_timer restart_;
    Watch changed_{system_clock()};
    MemberState state_ = MemberState::stopped;
    bool prepared_;
    bool served_ = false;
    std::chrono::steady_clock::time_point started_;
    std::chrono::milliseconds pause_{100};
    std::uint64_t restarts_ = 0;
    std::optional<int> last_status_;  // as waitpid told it
    std::string ready_line_;
    std::deque<std::string> last_lines_;
};

}  // namespace reef::fleet
