#include "fleet/member.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <array>

namespace reef::fleet {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t last_lines_max = 20;
constexpr auto pause_min = 100ms;
constexpr auto pause_max = 5000ms;
constexpr auto long_life = 10s;  // after so long a life the pause before a restart is short again

}  // namespace

std::string_view name_of(MemberState state) {
    static constexpr std::array names{"stopped",  "starting", "serving",
                                      "stopping", "crashed",  "failed"};
    return names[static_cast<std::size_t>(state)];
}

Member::Member(boost::asio::io_context& context, MemberOptions options,
               std::function<void(const Member&, const std::string& line)> show)
    : context_(context),
      options_(std::move(options)),
      show_(std::move(show)),
      log_(options_.log_file, std::ios::app),
      restart_(context),
      prepared_(options_.preparation.arguments.empty()) {}

Member::~Member() = default;

void Member::become(MemberState state) {
    state_ = state;
    changed_.notify();
}

void Member::start() {
    restart_.cancel();
    started_ = std::chrono::steady_clock::now();
    if (!prepared_) return run(options_.preparation);
    Command command = options_.command;
    if (!served_) {
        command.arguments.insert(command.arguments.end(), options_.first_start_arguments.begin(),
                                 options_.first_start_arguments.end());
    }
    run(command);
}

void Member::run(const Command& command) {
    auto child =
        start_child(context_, command, [this](std::string line) { take_line(std::move(line)); });
    if (!child) {
        take_line(child.error().what);
        return become(MemberState::failed);
    }
    child_ = std::move(*child);
    const bool serves = prepared_ && options_.ready_mark.empty();
    become(serves ? MemberState::serving : MemberState::starting);
}

void Member::ask_to_stop() {
    if (state_ == MemberState::stopping) return;  // a second signal would end a node at once
    restart_.cancel();
    if (!child_) return become(MemberState::stopped);
    become(MemberState::stopping);
    if (!prepared_) return child_->kill();  // the next start repeats a preparation from scratch
    child_->signal(options_.command.stop_signal);
}

void Member::kill() {
    if (child_) child_->kill();
}

void Member::ended(int status) {
    child_->read_rest();  // the last lines often hold the reason
    child_.reset();
    last_status_ = status;
    if (state_ == MemberState::stopping) return become(MemberState::stopped);
    if (!prepared_ && status == 0) {
        prepared_ = true;
        return start();
    }
    if (!served_ && !options_.ready_mark.empty()) return become(MemberState::failed);
    const auto lived = std::chrono::steady_clock::now() - started_;
    pause_ = lived > long_life ? pause_min : std::min(pause_ * 2, pause_max);
    ++restarts_;
    become(MemberState::crashed);
    restart_.expires_after(pause_);
    restart_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled && state_ == MemberState::crashed) start();
    });
}

void Member::take_line(std::string line) {
    log_ << line << std::endl;  // flushed, so that readers of the log see each line at once
    last_lines_.push_back(line);
    if (last_lines_.size() > last_lines_max) last_lines_.pop_front();
    const bool serves = state_ == MemberState::starting && prepared_ &&
                        !options_.ready_mark.empty() &&
                        line.find(options_.ready_mark) != std::string::npos;
    if (serves) {
        ready_line_ = line;
        served_ = true;
        become(MemberState::serving);
    }
    show_(*this, line);
}

std::string Member::why_not_serving() const {
    if (child_ && state_ == MemberState::serving) return "it runs, but accepts no connections";
    if (child_) return "it has not said that it serves";
    if (!last_status_) return "no process could be started";
    if (!WIFSIGNALED(*last_status_))
        return "its process ended with exit status " + std::to_string(WEXITSTATUS(*last_status_));
    const int number = WTERMSIG(*last_status_);
    return "its process was ended by signal " + std::to_string(number) + " (" +
           sigdescr_np(number) + ')';
}

asio::awaitable<void> Member::wait_while(MemberState state, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const std::uint64_t seen = changed_.generation();
        const auto left = deadline - std::chrono::steady_clock::now();
        if (state_ != state || left <= left.zero()) co_return;
        static_cast<void>(co_await changed_.wait_beyond(seen, left));
    }
}

}  // namespace reef::fleet
