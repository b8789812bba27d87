#include "fleet/control.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

namespace reef::fleet {

namespace {

using Local = asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t command_bytes_max = 4096;

auto into(error_code& failed) {
    return asio::redirect_error(asio::use_awaitable, failed);
}

class RunningControl final : public ControlServer {
public:
    RunningControl(std::string path, Local::acceptor acceptor, Answer answer)
        : path_(std::move(path)),
          acceptor_(std::move(acceptor)),
          answer_(std::move(answer)),
          tasks_(acceptor_.get_executor()) {}

    ~RunningControl() override {
        // In this order: whoever finds that nobody answers may bind another socket there at once.
        ::unlink(path_.c_str());
        error_code ignored;
        acceptor_.close(ignored);
    }

    void start() { tasks_.start("control socket", accept()); }

private:
    asio::awaitable<void> accept() {
        for (;;) {
            error_code failed;
            Local::socket socket = co_await acceptor_.async_accept(into(failed));
            if (failed) co_return;
            tasks_.start("command", serve(std::move(socket)));
        }
    }

    asio::awaitable<void> serve(Local::socket socket) {
        std::string line;
        error_code failed;
        co_await asio::async_read_until(socket, asio::dynamic_buffer(line, command_bytes_max), '\n',
                                        into(failed));
        if (failed) co_return;
        line.erase(line.find('\n'));
        const std::string answer = co_await answer_(std::move(line));
        co_await asio::async_write(socket, asio::buffer(answer), into(failed));
    }

    const std::string path_;
    Local::acceptor acceptor_;
    const Answer answer_;
    TaskGroup tasks_;
};

}  // namespace

Result<std::unique_ptr<ControlServer>> listen_for_commands(const std::string& socket,
                                                           asio::any_io_executor executor,
                                                           Answer answer) {
    if (send_command(socket, "ping")) {
        return Error{Errc::conflict, "it runs already (`atoll down` stops it)"};
    }
    ::unlink(socket.c_str());
    error_code failed;
    Local::acceptor acceptor{executor};
    acceptor.open(Local{}, failed);
    if (!failed) acceptor.bind(Local::endpoint{socket}, failed);
    if (!failed) acceptor.listen(16, failed);
    if (failed) return Error{Errc::unavailable, socket + ": " + failed.message()};
    auto control = std::make_unique<RunningControl>(socket, std::move(acceptor), std::move(answer));
    control->start();
    return std::unique_ptr<ControlServer>{std::move(control)};
}

Result<std::string> send_command(const std::string& socket, const std::string& command) {
    asio::io_context context;
    Local::socket stream{context};
    error_code failed;
    stream.connect(Local::endpoint{socket}, failed);
    if (failed) {
        const auto folder = std::filesystem::path{socket}.parent_path();
        return Error{Errc::unavailable, "no fleet runs in " + folder.string()};
    }
    asio::write(stream, asio::buffer(command + '\n'), failed);
    std::string answer;
    while (!failed) {
        char piece[4096];
        const std::size_t size = stream.read_some(asio::buffer(piece), failed);
        answer.append(piece, size);
    }
    if (answer.empty()) return Error{Errc::unavailable, "it did not answer"};
    return answer;
}

}  // namespace reef::fleet
