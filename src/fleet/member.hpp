// One process of a fleet, a node or the gateway: started, watched, restarted when it dies.
#pragma once

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
    fallen,    // died, and waits for its restart
    failed,    // ended before it ever served: starting it again would not help
};
std::string_view name_of(MemberState state);

struct MemberOptions {
    std::string name;
    Command command;
    std::vector<std::string> first_arguments;  // more of them, until it has served once
    std::string log_file;
    std::string serving_mark;  // a line with this in it says that it serves; "" = when it runs
    int stop_signal = 15;
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
    // Its process has ended. It is started again, after a pause, unless it was to stop.
    void ended(int status);

    // Returns once the state is another than `state`, or the deadline passes.
    asio::awaitable<void> wait_while(MemberState state, std::chrono::milliseconds deadline);

    const std::string& name() const { return options_.name; }
    MemberState state() const { return state_; }
    pid_t pid() const { return child_ ? child_->pid() : 0; }
    std::uint64_t restarts() const { return restarts_; }
    const std::string& said() const { return said_; }  // the line with the mark
    const std::deque<std::string>& last_lines() const { return last_lines_; }

private:
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
    bool served_ = false;
    std::chrono::steady_clock::time_point started_;
    std::chrono::milliseconds pause_{100};
    std::uint64_t restarts_ = 0;
    std::string said_;
    std::deque<std::string> last_lines_;
};

}  // namespace reef::fleet
