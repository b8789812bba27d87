// One process of a fleet: a database, a broker, a node or the gateway. A member starts its process,
// reads its output, and restarts it when it dies.
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
    stopped,   // a command stopped it, or it was never started
    starting,  // the process runs and has not said yet that it serves
    serving,
    stopping,  // the process was asked to end
    crashed,   // the process died; a timer will restart it
    failed,    // the process ended before it ever served: a restart would not help
};
std::string_view name_of(MemberState state);

// In the order of starting. A tier starts once all members of the tier before it serve. Stopping
// goes the other way.
enum class Tier : std::uint8_t { backing, node, gateway };
inline constexpr std::array tiers{Tier::backing, Tier::node, Tier::gateway};

struct MemberOptions {
    std::string name;
    Tier tier = Tier::node;
    Command preparation;  // runs to its end before the first start; without arguments: none
    Command command;
    std::vector<std::string> first_start_arguments;  // appended until the member has served once
    std::string log_file;
    // The member serves once it has written a line that contains this text. "" = it serves as soon
    // as its process runs.
    std::string ready_mark;
};

// Used on one io_context.
class Member {
public:
    Member(boost::asio::io_context& context, MemberOptions options,
           std::function<void(const Member&, const std::string& line)> show);
    ~Member();

    void start();
    void ask_to_stop();
    void kill();
    // To be called when the process has ended, with the status that waitpid returned. Starts the
    // process again after a pause, unless the member was asked to stop or has never served.
    void ended(int status);

    // Returns when the member is no longer in `state`, or when the timeout has passed.
    asio::awaitable<void> wait_while(MemberState state, std::chrono::milliseconds timeout);

    const std::string& name() const { return options_.name; }
    const std::string& log_file() const { return options_.log_file; }
    Tier tier() const { return options_.tier; }
    MemberState state() const { return state_; }
    pid_t pid() const { return child_ ? child_->pid() : 0; }
    std::uint64_t restarts() const { return restarts_; }
    const std::string& ready_line() const { return ready_line_; }  // contains the ready mark
    // The reason for people: "its process ended with exit status 1". Only while it does not serve.
    std::string why_not_serving() const;
    const std::deque<std::string>& last_lines() const { return last_lines_; }  // of the output

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
    std::optional<int> last_status_;  // as waitpid returned it
    std::string ready_line_;
    std::deque<std::string> last_lines_;
};

}  // namespace reef::fleet
