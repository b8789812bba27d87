#include "fleet/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

namespace reef::fleet {

namespace {

namespace asio = boost::asio;

// In the new process, until it becomes the program: only what is safe after a fork.
[[noreturn]] void become(char* const* arguments, char* const* environment, int output,
                         pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);  // it died before we said so
    setpgid(0, 0);                        // a Ctrl-C is for the parent alone: it stops us in order
    signal(SIGPIPE, SIG_DFL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    close_range(3, ~0U, 0);  // sockets of the parent: who waits for their end would wait for us
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvpe(arguments[0], arguments, environment);
    _exit(127);
}

std::vector<std::string> environment_of(const Command& command) {
    std::vector<std::string> all;
    for (const auto& [name, value] : command.environment)
        all.push_back(name + '=' + value);
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view known{*entry};
        const std::string_view name = known.substr(0, known.find('='));
        const bool replaced =
            std::any_of(command.environment.begin(), command.environment.end(),
                        [name](const auto& variable) { return variable.first == name; });
        if (!replaced) all.emplace_back(known);
    }
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// Reads lines for as long as somebody holds the other end; shared with its pending read.
struct Lines : std::enable_shared_from_this<Lines> {
    Lines(asio::io_context& context, int descriptor, std::function<void(std::string)> call)
        : from(context, descriptor), line(std::move(call)) {}

    void read() {
        from.async_read_some(
            asio::buffer(piece),
            [self = shared_from_this()](boost::system::error_code failed, std::size_t size) {
                if (failed) return;
                self->text.append(self->piece.data(), size);
                std::size_t begin = 0;
                for (std::size_t end; (end = self->text.find('\n', begin)) != std::string::npos;) {
                    self->line(self->text.substr(begin, end - begin));
                    begin = end + 1;
                }
                self->text.erase(0, begin);
                self->read();
            });
    }

    asio::posix::stream_descriptor from;
    std::function<void(std::string)> line;
    std::array<char, 4096> piece{};
    std::string text;
};

class RunningChild final : public Child {
public:
    RunningChild(pid_t pid, std::shared_ptr<Lines> lines) : pid_(pid), lines_(std::move(lines)) {}
    pid_t pid() const override { return pid_; }
    void signal(int number) override { ::kill(pid_, number); }

private:
    const pid_t pid_;
    const std::shared_ptr<Lines> lines_;
};

}  // namespace

Result<std::unique_ptr<Child>> start_child(boost::asio::io_context& context, const Command& command,
                                           std::function<void(std::string line)> line) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return Error{Errc::unavailable, std::string{"no pipe: "} + std::strerror(errno)};
    }
    std::vector<std::string> arguments = command.arguments;
    std::vector<std::string> environment = environment_of(command);
    const auto argument_pointers = pointers_to(arguments);
    const auto environment_pointers = pointers_to(environment);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) become(argument_pointers.data(), environment_pointers.data(), ends[1], parent);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return Error{Errc::unavailable,
                     "can't start " + arguments[0] + ": " + std::strerror(errno)};
    }
    auto lines = std::make_shared<Lines>(context, ends[0], std::move(line));
    lines->read();
    return std::unique_ptr<Child>{std::make_unique<RunningChild>(pid, std::move(lines))};
}

}  // namespace reef::fleet
