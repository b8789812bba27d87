#include "fleet/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace reef::fleet {

namespace {

namespace asio = boost::asio;

constexpr int folder_descriptor = 3;

struct NewProcess {
    char* const* arguments;
    char* const* environment;
    const User* user;
    int output;
    int folder;  // -1: none
    int stop_signal;
    pid_t parent;
};

// The next functions run in the new process between fork and exec. They may call only functions
// that are safe there: nothing that allocates or locks.

void write_text(const char* text) {
    static_cast<void>(!write(STDERR_FILENO, text, std::strlen(text)));
}

[[noreturn]] void give_up(int status, const char* what, const char* name) {
    const char* reason = strerrordesc_np(errno);
    for (const char* part : {what, name, ": ", reason ? reason : "unknown error", "\n"})
        write_text(part);
    _exit(status);
}

void switch_to(const User& user) {
    const bool done = setgroups(0, nullptr) == 0 && setgid(user.group) == 0 &&
                      setuid(user.id) == 0 && chdir("/") == 0;  // our folder may be closed to it
    if (!done) give_up(126, "can't switch to its user", "");
}

[[noreturn]] void run_program(const NewProcess& process) {
    dup2(process.output, STDOUT_FILENO);
    dup2(process.output, STDERR_FILENO);
    if (process.user) switch_to(*process.user);
    prctl(PR_SET_PDEATHSIG, process.stop_signal);  // a later switch of the user would clear it
    if (getppid() != process.parent) _exit(127);   // the parent died before prctl
    setpgid(0, 0);  // so that Ctrl-C reaches the parent only, which stops its children in order
    signal(SIGPIPE, SIG_DFL);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    unsigned first_closed = folder_descriptor;
    if (process.folder >= 0) {
        dup2(process.folder, folder_descriptor);
        fcntl(folder_descriptor, F_SETFD, 0);  // dup2 keeps CLOEXEC if both numbers are equal
        ++first_closed;
    }
    close_range(first_closed, ~0U, 0);  // a copy here would keep the parent's sockets open
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvpe(process.arguments[0], process.arguments, process.environment);
    give_up(127, "can't run ", process.arguments[0]);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

struct Descriptor {
    explicit Descriptor(int number_) : number(number_) {}
    ~Descriptor() {
        if (number >= 0) close(number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    const int number;
};

// Reads lines until the last process that holds the pipe's other end closes it. The pending wait
// shares ownership, because it may outlive the child object.
struct Lines : std::enable_shared_from_this<Lines> {
    Lines(asio::io_context& context, int descriptor, std::function<void(std::string)> call)
        : from(context, descriptor), line(std::move(call)) {
        from.non_blocking(true);
    }

    // Waits for bytes and then reads them itself. A pending async_read_some may already have filled
    // the buffer while its handler was not called yet, and read_rest() would overwrite the bytes.
    void read() {
        from.async_wait(asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](boost::system::error_code failed) {
                            if (!failed && self->read_piece()) self->read();
                        });
    }

    void read_rest() {
        while (read_piece() && !empty) {
        }
        if (!text.empty()) line(std::exchange(text, {}));
    }

    // False when no process holds the other end any more.
    bool read_piece() {
        boost::system::error_code failed;
        take(from.read_some(asio::buffer(piece), failed));
        empty = failed == asio::error::would_block;
        return !failed || empty;
    }

    void take(std::size_t size) {
        text.append(piece.data(), size);
        std::size_t begin = 0;
        for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos;) {
            line(text.substr(begin, end - begin));
            begin = end + 1;
        }
        text.erase(0, begin);
    }

    asio::posix::stream_descriptor from;
    std::function<void(std::string)> line;
    std::array<char, 4096> piece{};
    std::string text;
    bool empty = false;  // the last read found nothing
};

class RunningChild final : public Child {
public:
    RunningChild(pid_t pid, std::shared_ptr<Lines> lines) : pid_(pid), lines_(std::move(lines)) {}
    pid_t pid() const override { return pid_; }
    void signal(int number) override { ::kill(pid_, number); }
    void kill() override {
        // The child becomes the leader of its own group only a moment after the fork.
        const bool has_group = ::kill(-pid_, SIGKILL) == 0;
        if (!has_group) ::kill(pid_, SIGKILL);
    }
    void read_rest() override { lines_->read_rest(); }

private:
    const pid_t pid_;
    const std::shared_ptr<Lines> lines_;
};

}  // namespace

Result<std::unique_ptr<Child>> start_child(boost::asio::io_context& context, const Command& command,
                                           std::function<void(std::string line)> line) {
    int folder = -1;
    if (!command.folder.empty()) {
        folder = open(command.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            return Error{Errc::unavailable, command.folder + ": " + std::strerror(errno)};
    }
    const Descriptor folder_closes{folder};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return Error{Errc::unavailable, std::string{"no pipe: "} + std::strerror(errno)};
    }
    std::vector<std::string> arguments = command.arguments;
    std::vector<std::string> environment = environment_with(command.environment);
    const auto argument_pointers = pointers_to(arguments);
    const auto environment_pointers = pointers_to(environment);
    const NewProcess process{argument_pointers.data(),
                             environment_pointers.data(),
                             command.user ? &*command.user : nullptr,
                             ends[1],
                             folder,
                             command.stop_signal,
                             getpid()};
    const pid_t pid = fork();
    if (pid == 0) run_program(process);
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
