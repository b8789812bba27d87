#include "fleet/fleet.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <iostream>

#include "fleet/control.hpp"
#include "fleet/member.hpp"
#include "fleet/members.hpp"
#include "fleet/port_holder.hpp"

namespace reef::fleet {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using boost::system::error_code;

constexpr auto start_timeout = 120'000ms;
constexpr auto stop_timeout = 15'000ms;
constexpr auto accept_timeout = 60'000ms;  // from the gateway's start to its first connection

std::string counted(std::size_t count, const std::string& thing) {
    return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s");
}

std::string store_of(const config::App& app) {
    std::size_t own = 0, files = 0;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        ++own;
        if (node.database_url.empty()) ++files;
    }
    return files == own ? "sqlite" : files == 0 ? "postgresql" : "sqlite and postgresql";
}

std::string transport_of(const config::App& app) {
    switch (app.transport.use) {
        case config::TransportKind::kafka:
            return "kafka";
        case config::TransportKind::rabbitmq:
            return "rabbitmq";
        case config::TransportKind::direct:
            break;
    }
    return "direct";
}

// A node's ready line ends with "records=3000".
std::string records_in(const std::string& line) {
    const std::size_t at = line.find("records=");
    return at == std::string::npos ? "" : line.substr(at + 8);
}

class Fleet {
public:
    Fleet(const config::App& app, FleetOptions options)
        : app_(app),
          options_(std::move(options)),
          colours_(!options_.background && isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR")) {}

    int run() {
        signal(SIGPIPE, SIG_IGN);
        if (!ports_are_free()) return 1;
        fs::create_directories(fs::path{options_.data} / "logs");
        fs::create_directories(fs::path{options_.data} / "gateway");
        auto control = listen_for_commands(
            control_socket(options_.data), context_.get_executor(),
            [this](std::string command) { return carry_out(std::move(command)); });
        if (!control) {
            std::cerr << "atoll: " << app_.name << ": " << control.error().what << '\n';
            return 1;
        }
        if (!add_members()) return 1;
        watch_signals();
        asio::co_spawn(context_, start_all(), asio::detached);
        context_.run();
        control->reset();
        return status_;
    }

private:
    // ---- start -------------------------------------------------------------------------------
    bool ports_are_free() const {
        bool free = true;
        for (const Address& address : addresses_of(app_)) {
            const auto holder = holder_of_port(address.listen.port);
            if (!holder) continue;
            free = false;
            std::cerr << "atoll: port " << address.listen.port << ", for " << address.name
                      << ", is held by " << *holder << '\n';
        }
        return free;
    }

    std::string log_file(const std::string& name) const {
        return (fs::path{options_.data} / "logs" / (name + ".log")).string();
    }

    bool add_members() {
        for (const BackingService& service : options_.services) {
            if (options_.fresh) fs::remove_all(service.folder);
            if (const auto made = service.make_folder(); !made) {
                std::cerr << "atoll: " << service.member.name << ": " << made.error().what << '\n';
                return false;
            }
            add_member(service.member);
        }
        for (MemberOptions& node : node_members(app_, options_))
            add_member(std::move(node));
        if (!app_.gateway) return true;
        auto gateway = gateway_member(app_, options_);
        if (!gateway) {
            std::cerr << "atoll: gateway: " << gateway.error().what << '\n';
            return false;
        }
        add_member(std::move(*gateway));
        return true;
    }

    void add_member(MemberOptions member) {
        width_ = std::max(width_, member.name.size());
        member.log_file = log_file(member.tier == Tier::gateway ? "gateway-error" : member.name);
        members_.push_back(std::make_unique<Member>(
            context_, std::move(member),
            [this](const Member& from, const std::string& line) { print_output(from, line); }));
    }

    Member* find(std::string_view name) {
        for (const auto& member : members_) {
            if (member->name() == name) return member.get();
        }
        return nullptr;
    }

    asio::awaitable<void> start_all() {
        print("config   " + options_.app_file + "  ok (" + counted(app_.nodes.size(), "node") +
              ", " + counted(app_.schema.resources.size(), "resource") + ", store " +
              store_of(app_) + ", transport " + transport_of(app_) + ')');
        for (const Tier tier : tiers) {
            const Member* failed = co_await start_tier(tier);
            if (stopping_) co_return;  // a signal or `down` came during the start
            if (failed) co_return give_up(*failed);
        }
        print_urls();
        ready_ = true;
        if (options_.background) go_to_background();
    }

    // Returns the first member that does not serve, or null when all serve.
    asio::awaitable<const Member*> start_tier(Tier tier) {
        const auto began = std::chrono::steady_clock::now();
        for (const auto& member : members_) {
            if (member->tier() == tier) member->start();
        }
        for (const auto& member : members_) {
            if (member->tier() != tier) continue;
            co_await member->wait_while(MemberState::starting, start_timeout);
            bool serves = member->state() == MemberState::serving;
            if (serves && tier == Tier::gateway) serves = co_await accepts_connections(*member);
            if (!serves) co_return member.get();
            print_ready(*member, began);
        }
        co_return nullptr;
    }

    // nginx writes no line when it is ready, so the fleet connects to it. False: the gateway
    // crashed, or accepted no connection within the timeout.
    asio::awaitable<bool> accepts_connections(const Member& gateway) {
        using asio::ip::tcp;
        const auto deadline = std::chrono::steady_clock::now() + accept_timeout;
        asio::steady_timer pause{context_};
        while (std::chrono::steady_clock::now() < deadline) {
            if (gateway.state() == MemberState::crashed) co_return false;
            tcp::socket socket{context_};
            error_code failed;
            const config::Endpoint& listen = app_.gateway->listen;
            const bool any = listen.host == "0.0.0.0" || listen.host == "localhost";
            const std::string host = any ? "127.0.0.1" : listen.host == "::" ? "::1" : listen.host;
            const tcp::endpoint to{asio::ip::make_address(host, failed), listen.port};
            if (!failed) {
                co_await socket.async_connect(to,
                                              asio::redirect_error(asio::use_awaitable, failed));
            }
            if (!failed) co_return true;
            pause.expires_after(10ms);
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        }
        co_return false;
    }

    void give_up(const Member& member) {
        std::cerr << "atoll: " << member.name() << " did not start: " << member.why_not_serving()
                  << '\n';
        for (const std::string& line : member.last_lines())
            std::cerr << "  " << line << '\n';
        std::cerr << "  (all of its log: " << member.log_file() << ")\n";
        status_ = 1;
        begin_stop();
    }

    // ---- what people see ---------------------------------------------------------------------
    void print(const std::string& line) const { std::cout << "  " << line << '\n' << std::flush; }

    static std::string padded(std::string text, std::size_t width) {
        text.resize(std::max(width, text.size()), ' ');
        return text;
    }

    void print_ready(const Member& member, std::chrono::steady_clock::time_point began) const {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, "%.1f s", took.count());
        std::string where;
        for (const Address& address : addresses_of(app_)) {
            if (address.name == member.name()) where = url_of(address.listen);
        }
        for (const BackingService& service : options_.services) {
            if (service.member.name == member.name())
                where = "127.0.0.1:" + std::to_string(service.port);
        }
        print(padded(member.name(), width_ + 2) + padded(where, 24) + "ready  " + seconds);
    }

    void print_urls() {
        const auto all = addresses_of(app_);
        const std::size_t label = width_ + 2;
        print("├─ " + padded("API", label) + resource_url(app_));
        print("├─ " + padded("Docs", label) + url_of(all.back().listen) + "/docs");
        std::string metrics;
        for (const Address& address : all) {
            if (address.name == "gateway") continue;
            metrics += (metrics.empty() ? "" : "  ") + url_of(address.listen) + "/metrics";
        }
        for (const BackingService& service : options_.services) {
            print("├─ " + padded(service.member.name, label) + service.show_command);
            if (!service.page.empty()) print("├─ " + padded("", label) + service.page);
        }
        print("└─ " + padded("Metrics", label) + metrics);
        const std::string records = records_in(find(all.front().name)->ready_line());
        print(records + " records.  Data in " + options_.data + " (kept; --fresh starts anew).  " +
              (options_.background ? '`' + options_.down_command + "` stops all."
                                   : "Ctrl-C stops all."));
        for (std::size_t i = 0; i < options_.first_requests.size(); ++i)
            print((i == 0 ? "Try:  " : "      ") + options_.first_requests[i]);
    }

    void print_output(const Member& member, const std::string& line) const {
        if (!ready_ || options_.background) return;  // print() tells people about the start
        static constexpr std::array colours{"\033[36m", "\033[35m", "\033[33m", "\033[32m",
                                            "\033[34m"};
        std::size_t index = 0;
        while (members_[index].get() != &member)
            ++index;
        const std::string name = padded(member.name(), width_) + " | ";
        if (colours_) {
            std::cout << colours[index % colours.size()] << name << "\033[0m" << line << '\n';
        } else {
            std::cout << name << line << '\n';
        }
        std::cout << std::flush;
    }

    // ---- life --------------------------------------------------------------------------------
    void watch_signals() {
        signals_.add(SIGINT);
        signals_.add(SIGTERM);
        signals_.add(SIGCHLD);
        next_signal();
    }

    void next_signal() {
        signals_.async_wait([this](const error_code& failed, int number) {
            if (failed) return;
            if (number == SIGCHLD) {
                reap();
            } else if (std::exchange(stopping_, true)) {
                for (const auto& member : members_)
                    member->kill();
            } else {
                begin_stop();
            }
            next_signal();
        });
    }

    void reap() {
        int status = 0;
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
            for (const auto& member : members_) {
                if (member->pid() != pid) continue;
                member->ended(status);
                if (member->state() == MemberState::crashed) {
                    std::cout << "  " << member->name() << " died and is restarted\n" << std::flush;
                }
            }
        }
    }

    void begin_stop() {
        stopping_ = true;
        asio::co_spawn(context_, stop_all(), asio::detached);
    }

    asio::awaitable<void> stop_all() {
        // The gateway stops first: it accepts no new requests and finishes those under way.
        for (auto tier = tiers.rbegin(); tier != tiers.rend(); ++tier)
            co_await stop_tier(*tier);
        context_.stop();
    }

    asio::awaitable<void> stop_tier(Tier tier) {
        for (const auto& member : members_) {
            if (member->tier() == tier) member->ask_to_stop();
        }
        for (const auto& member : members_) {
            if (member->tier() == tier) co_await stop(*member);
        }
    }

    asio::awaitable<void> stop(Member& member) {
        member.ask_to_stop();
        co_await member.wait_while(MemberState::stopping, stop_timeout);
        if (member.state() != MemberState::stopping) co_return;
        member.kill();
        co_await member.wait_while(MemberState::stopping, stop_timeout);
    }

    asio::awaitable<void> start(Member& member) {
        if (member.pid() == 0) member.start();
        co_await member.wait_while(MemberState::starting, start_timeout);
    }

    // ---- commands ----------------------------------------------------------------------------
    asio::awaitable<std::string> carry_out(std::string command) {
        const std::size_t space = command.find(' ');
        const std::string verb = command.substr(0, space);
        const std::string name = space == std::string::npos ? "" : command.substr(space + 1);
        if (verb == "ping") co_return "ok";
        if (verb == "members") co_return "ok " + members_json();
        if (verb == "down") {
            begin_stop();
            co_return "ok";
        }
        std::vector<Member*> chosen;
        for (const auto& member : members_) {
            const bool matches = member->name() == name || member->name().starts_with(name + '.');
            if (name.empty() || matches) chosen.push_back(member.get());
        }
        if (chosen.empty()) co_return "error it has no member " + name + member_names();
        if (verb != "stop" && verb != "start" && verb != "restart") {
            co_return "error " + verb + " is no command";
        }
        if (verb == "stop") std::reverse(chosen.begin(), chosen.end());  // nodes before databases
        for (Member* member : chosen) {
            if (verb != "start") co_await stop(*member);
            if (verb == "stop") continue;
            co_await start(*member);
            if (member->state() == MemberState::serving) continue;
            co_return "error " + member->name() + " did not start: " + member->why_not_serving() +
                "; its log: " + member->log_file();
        }
        co_return "ok";
    }

    std::string member_names() const {
        std::string names;
        for (const auto& member : members_)
            names += (names.empty() ? " (its members are " : ", ") + member->name();
        return names + ')';
    }

    std::string members_json() const {
        std::string json = "[";
        for (const auto& member : members_) {
            if (json.size() > 1) json += ',';
            json += "{\"name\":\"" + member->name() + "\",\"state\":\"" +
                    std::string{name_of(member->state())} +
                    "\",\"pid\":" + std::to_string(member->pid()) +
                    ",\"restarts\":" + std::to_string(member->restarts()) + '}';
        }
        return json + ']';
    }

    // From here on our output goes to a log file, so that a shell which reads the output of
    // `up -d` is not kept waiting. Then tells the process that started us that the fleet serves.
    void go_to_background() {
        std::cout << std::flush;
        const int log =
            open(log_file("up").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        close(log);
        const char* descriptor = std::getenv("ATOLL_READY_FD");
        if (!descriptor) return;
        const int ready = std::atoi(descriptor);
        static_cast<void>(!write(ready, "1", 1));
        close(ready);
        unsetenv("ATOLL_READY_FD");
    }

    const config::App& app_;
    const FleetOptions options_;
    const bool colours_;
    asio::io_context context_{1};
    asio::signal_set signals_{context_};
    std::vector<std::unique_ptr<Member>> members_;
    std::size_t width_ = 7;  // of the longest name; "gateway" has 7 characters
    bool ready_ = false;
    bool stopping_ = false;
    int status_ = 0;
};

}  // namespace

int run_fleet(const config::App& app, FleetOptions options) {
    return Fleet{app, std::move(options)}.run();
}

std::string control_socket(const std::string& data) {
    return (fs::path{data} / "up.sock").string();
}

Result<std::string> command_fleet(const std::string& data, const std::string& command) {
    auto answer = send_command(control_socket(data), command);
    if (!answer) return answer;
    if (answer->starts_with("ok")) return answer->size() > 3 ? answer->substr(3) : std::string{};
    return Error{Errc::invalid, answer->substr(std::min<std::size_t>(6, answer->size()))};
}

}  // namespace reef::fleet
