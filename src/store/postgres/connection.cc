#include "store/postgres/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <deque>
#include <map>
#include <optional>

#include "store/columns.hpp"

namespace reef::store::postgres {

namespace {

// So many statements are prepared on one connection; further ones are sent as they are.
constexpr std::size_t prepared_max = 256;

constexpr int server_version_min = 140'000;

using Clock = std::chrono::steady_clock;

// By SQLSTATE. `conflict`: a row is not as it was loaded, which our statements say by a division by
// zero (statements.cc), or its key is there by now. `rejected`: a value, a constraint or a trigger
// refused the row. `locked`: another program has locked it (lock_timeout, deadlock).
Errc code_of(std::string_view state, std::string_view table) {
    if (state == "22012") return Errc::conflict;
    if (state == "23505" && !table.starts_with("atoll_")) return Errc::conflict;
    for (const std::string_view refused : {"22", "23", "44", "P0"}) {
        if (state.starts_with(refused)) return Errc::rejected;
    }
    const bool locked = state == "55P03" || state == "40P01" || state == "40001";
    return locked ? Errc::locked : Errc::unavailable;
}

std::string first_line(const char* text) {
    std::string line{text ? text : ""};
    line.resize(std::min(line.size(), line.find('\n')));
    return line;
}

Error error_in(const PGresult* result) {
    const auto field = [result](int code) {
        const char* text = PQresultErrorField(result, code);
        return text ? text : "";
    };
    const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return {code_of(field(PG_DIAG_SQLSTATE), field(PG_DIAG_TABLE_NAME)),
            first_line(primary ? primary : PQresultErrorMessage(result))};
}

// One call of run(): how many answers are awaited, and who waits for them.
struct Exchange {
    virtual ~Exchange() = default;
    virtual void resume() = 0;  // once, with `outcome` set

    std::vector<bool> asked;  // for each result that will come: an answer, or a preparation
    std::size_t seen = 0;
    std::vector<std::string> prepared;  // statements that are prepared on the way
    Clock::time_point deadline;
    Result<Answers> outcome{Answers{}};
};

struct Unattended final : Exchange {
    void resume() override {}
};

enum class State : std::uint8_t {
    connecting,  // libpq still chooses the socket: nothing can be asked
    open,
    lost,  // the socket is given up; whatever is asked is answered with `unavailable`
};

// How it stands with notices of other processes (NOTIFY).
enum class Notice : std::uint8_t {
    unwanted,  // nobody has called noticed() yet
    awaited,   // the socket is read even while no answer is due
    arrived,   // one came that noticed() has not returned for yet
};

// The waits of which one each may be under way.
class Waits {
public:
    enum Wait : std::uint8_t { readable = 1, writable = 2, deadline = 4 };

    bool begin(Wait wait) {  // false: it is under way already
        const bool begun = (under_way_ & wait) == 0;
        under_way_ = static_cast<std::uint8_t>(under_way_ | wait);
        return begun;
    }
    void end(Wait wait) { under_way_ = static_cast<std::uint8_t>(under_way_ & ~wait); }

private:
    std::uint8_t under_way_ = 0;
};

class PipelinedConnection final : public Connection,
                                  public std::enable_shared_from_this<PipelinedConnection> {
public:
    PipelinedConnection(const asio::any_io_executor& executor, ConnectionOptions options)
        : options_(std::move(options)), socket_(executor), watchdog_(executor), bell_(executor) {}

    ~PipelinedConnection() override {
        if (socket_.is_open()) socket_.release();  // libpq closes it
        PQfinish(connection_);
    }

    Task<void> connect();

    Task<Answers> run(Commands commands) override {
        const auto keep = shared_from_this();
        const auto start = [this](auto handler, Commands to_send) {
            using Handler = decltype(handler);
            struct Waiting final : Exchange {
                explicit Waiting(Handler h) : handler(std::move(h)) {}
                void resume() override {
                    Handler call = std::move(handler);
                    std::move(call)(std::move(outcome));
                }
                Handler handler;
            };
            push(std::make_unique<Waiting>(std::move(handler)), to_send);
        };
        auto waiting = asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Answers>)>(
            start, asio::use_awaitable, std::move(commands));
        Result<Answers> answers = co_await std::move(waiting);
        co_return answers;
    }

    void send(Commands commands) override { push(std::make_unique<Unattended>(), commands); }

    bool lost() override {
        if (state_ == State::lost || !pending_.empty()) return state_ == State::lost;
        // No answer is due: what can be read are notices, or the server's last words and the end.
        pollfd poll{PQsocket(connection_), POLLIN, 0};
        while (::poll(&poll, 1, 0) > 0) {
            if (PQconsumeInput(connection_) == 1 && PQstatus(connection_) == CONNECTION_OK) {
                take_notices();
                continue;
            }
            leave_socket();
            break;
        }
        return state_ == State::lost;
    }

    asio::awaitable<void> noticed(std::chrono::milliseconds at_most) override {
        const auto keep = shared_from_this();
        if (notice_ == Notice::unwanted) notice_ = Notice::awaited;
        if (state_ != State::lost) wait_readable();
        if (notice_ == Notice::awaited && state_ != State::lost) {
            bell_.expires_after(at_most);
            boost::system::error_code rung;
            co_await bell_.async_wait(asio::redirect_error(asio::use_awaitable, rung));
        }
        notice_ = Notice::awaited;
    }

    void close() override {
        if (state_ != State::lost) lose("it was closed");
    }

private:
    Task<void> negotiate(Address address);
    void start(const Address& address);
    void push(std::unique_ptr<Exchange> exchange, const Commands& commands);
    bool send_all(Exchange& exchange, const Commands& commands);
    bool send_one(Exchange& exchange, const Command& command);
    void pump();
    void wait_readable();
    void wait_writable();
    void watch();
    void take_results();
    void take_notices();
    void take(PGresult* result);
    void finish_front();
    void leave_socket();
    void lose_soon();
    void lose(const std::string& why);
    void resume_done();

    const ConnectionOptions options_;
    PGconn* connection_ = nullptr;
    asio::posix::stream_descriptor socket_;
    asio::steady_timer watchdog_;
    asio::steady_timer bell_;                                     // wakes noticed()
    std::deque<std::unique_ptr<Exchange>> pending_;               // in the order sent
    std::vector<std::unique_ptr<Exchange>> done_;                 // to be resumed
    std::map<std::string, std::string, std::less<>> statements_;  // SQL → its prepared name
    std::uint64_t names_ = 0;
    State state_ = State::connecting;
    Notice notice_ = Notice::unwanted;
    Waits waits_;
};

// ---- connecting ------------------------------------------------------------------------------

// Every connection sets these, whatever the server, the database or the role has as defaults.
const std::vector<std::pair<std::string, std::string>>& settings_of_all() {
    static const std::vector<std::pair<std::string, std::string>> settings{
        {"synchronous_commit", "on"},
        {"timezone", "UTC"},
        {"datestyle", "ISO, YMD"},
        {"extra_float_digits", "1"},
        {"bytea_output", "hex"},
        {"standard_conforming_strings", "on"},
        {"search_path", "public, pg_temp"},
        {"client_min_messages", "error"},
        {"default_transaction_isolation", "read committed"},
        {"default_transaction_read_only", "off"},
        {"jit", "off"},
        {"max_parallel_workers_per_gather", "0"},
        {"statement_timeout", "10s"},
        // The server lets go of what we held when we have vanished.
        {"tcp_keepalives_idle", "5"},
        {"tcp_keepalives_interval", "2"},
        {"tcp_keepalives_count", "3"},
        {"tcp_user_timeout", "10s"},
    };
    return settings;
}

Command settings_command(const ConnectionOptions& options) {
    Command command{"SELECT ", {}, false};
    for (const auto* list : {&settings_of_all(), &options.settings}) {
        for (const auto& [name, value] : *list) {
            if (command.sql.size() > 7) command.sql += ", ";
            command.sql +=
                "set_config(" + quoted_text(name) + ", " + quoted_text(value) + ", false)";
        }
    }
    return command;
}

Task<void> PipelinedConnection::connect() {
    const auto keep = shared_from_this();
    const auto failed = [this](const std::string& why) {
        return Error{Errc::unavailable,
                     "the database " + place_of(options_.url) + " cannot be reached: " + why};
    };
    asio::any_io_executor executor = socket_.get_executor();
    auto address = co_await resolve(executor, options_.url);
    if (!address) co_return failed(address.error().what);
    auto connected = co_await negotiate(std::move(*address));
    if (!connected) co_return failed(connected.error().what);
    if (const int version = PQserverVersion(connection_); version < server_version_min) {
        co_return Error{Errc::invalid, "the database " + place_of(options_.url) +
                                           " is on PostgreSQL " + std::to_string(version / 10'000) +
                                           ": version 14 or later is needed"};
    }
    if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1)
        co_return failed(first_line(PQerrorMessage(connection_)));
    boost::system::error_code error;
    socket_.assign(PQsocket(connection_), error);
    if (error) co_return failed(error.message());
    state_ = State::open;
    Commands settings;
    settings.push_back(settings_command(options_));
    auto set = co_await run(std::move(settings));
    if (!set) co_return failed(set.error().what);
    co_return Result<void>{};
}

// libpq takes the last of two words of one name: those after "dbname" override the URL's. Empty
// ones count as absent.
void PipelinedConnection::start(const Address& address) {
    const std::vector<std::pair<const char*, const char*>> settings{
        {"dbname", options_.url.c_str()},
        {"host", address.host.c_str()},
        {"hostaddr", address.hostaddr.c_str()},
        {"application_name", options_.name.c_str()},
        {"client_encoding", "UTF8"},
        {"keepalives_idle", "5"},
        {"keepalives_interval", "2"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "10000"}};
    std::vector<const char*> words, values;
    for (const auto& [word, value] : settings) {
        words.push_back(word);
        values.push_back(value);
    }
    words.push_back(nullptr);
    values.push_back(nullptr);
    connection_ = PQconnectStartParams(words.data(), values.data(), 1);
    if (connection_) {
        PQsetNoticeProcessor(
            connection_, [](void*, const char*) {}, nullptr);
    }
}

Task<void> PipelinedConnection::negotiate(Address address) {
    const auto keep = shared_from_this();
    start(address);
    if (!connection_) co_return Error{Errc::unavailable, "out of memory"};
    const auto expired = std::make_shared<bool>(false);
    const auto ended = std::make_shared<bool>(false);
    asio::steady_timer deadline{socket_.get_executor(), options_.connect_timeout};
    deadline.async_wait([keep, expired, ended](const boost::system::error_code& cancelled) {
        if (cancelled || *ended) return;
        *expired = true;
        if (keep->socket_.is_open()) keep->socket_.cancel();
    });
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (PQstatus(connection_) != CONNECTION_BAD && !*expired) {
        boost::system::error_code error;
        socket_.assign(PQsocket(connection_), error);
        if (error) break;
        const auto ready = status == PGRES_POLLING_READING
                               ? asio::posix::stream_descriptor::wait_read
                               : asio::posix::stream_descriptor::wait_write;
        co_await socket_.async_wait(ready, asio::redirect_error(asio::use_awaitable, error));
        socket_.release();  // libpq takes a new socket for each address of a name
        if (*expired) break;
        status = PQconnectPoll(connection_);
        if (status == PGRES_POLLING_OK || status == PGRES_POLLING_FAILED) break;
    }
    *ended = true;
    deadline.cancel();
    if (status == PGRES_POLLING_OK) co_return Result<void>{};
    if (*expired) co_return Error{Errc::unavailable, "no answer within its time"};
    co_return Error{Errc::unavailable, first_line(PQerrorMessage(connection_))};
}

// ---- sending ---------------------------------------------------------------------------------

void PipelinedConnection::push(std::unique_ptr<Exchange> exchange, const Commands& commands) {
    exchange->deadline = Clock::now() + options_.answer_timeout;
    Exchange& pushed = *exchange;
    pending_.push_back(std::move(exchange));
    if (state_ == State::open && send_all(pushed, commands)) {
        pump();
        return;
    }
    lose_soon();
}

bool PipelinedConnection::send_all(Exchange& exchange, const Commands& commands) {
    for (const Command& command : commands) {
        if (!send_one(exchange, command)) return false;
    }
    return PQpipelineSync(connection_) == 1;
}

bool PipelinedConnection::send_one(Exchange& exchange, const Command& command) {
    const auto& items = command.parameters.items();
    std::vector<const char*> values;
    std::vector<int> sizes, formats;
    for (const Parameters::Item& item : items) {
        values.push_back(item.value ? item.value->c_str() : nullptr);
        sizes.push_back(item.value ? static_cast<int>(item.value->size()) : 0);
        formats.push_back(item.binary ? 1 : 0);
    }
    const int count = static_cast<int>(items.size());
    exchange.asked.push_back(true);
    auto known = statements_.find(command.sql);
    const bool new_name =
        known == statements_.end() && command.prepare && statements_.size() < prepared_max;
    if (new_name) {
        exchange.asked.back() = false;
        exchange.asked.push_back(true);
        exchange.prepared.push_back(command.sql);
        known = statements_.emplace(command.sql, 's' + std::to_string(++names_)).first;
        if (PQsendPrepare(connection_, known->second.c_str(), command.sql.c_str(), 0, nullptr) != 1)
            return false;
    }
    if (known != statements_.end()) {
        return PQsendQueryPrepared(connection_, known->second.c_str(), count, values.data(),
                                   sizes.data(), formats.data(), 0) == 1;
    }
    return PQsendQueryParams(connection_, command.sql.c_str(), count, nullptr, values.data(),
                             sizes.data(), formats.data(), 0) == 1;
}

// ---- receiving -------------------------------------------------------------------------------

void PipelinedConnection::pump() {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return lose_soon();
    if (unsent > 0) wait_writable();
    wait_readable();
    watch();
}

void PipelinedConnection::wait_readable() {
    if (!waits_.begin(Waits::readable)) return;
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [keep = shared_from_this()](const boost::system::error_code& failed) {
                           keep->waits_.end(Waits::readable);
                           if (!failed && keep->state_ == State::open) keep->take_results();
                       });
}

void PipelinedConnection::wait_writable() {
    if (!waits_.begin(Waits::writable)) return;
    socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                       [keep = shared_from_this()](const boost::system::error_code& failed) {
                           keep->waits_.end(Waits::writable);
                           if (!failed && keep->state_ == State::open) keep->pump();
                       });
}

// One timer for all exchanges: it ends when the oldest one should have its answers.
void PipelinedConnection::watch() {
    if (pending_.empty() || !waits_.begin(Waits::deadline)) return;
    watchdog_.expires_at(pending_.front()->deadline);
    watchdog_.async_wait([keep = shared_from_this()](const boost::system::error_code& cancelled) {
        keep->waits_.end(Waits::deadline);
        if (keep->state_ == State::lost || keep->pending_.empty()) return;
        if (cancelled || keep->pending_.front()->deadline > Clock::now()) return keep->watch();
        keep->lose("no answer within its time");
    });
}

void PipelinedConnection::take_results() {
    if (PQconsumeInput(connection_) == 0) return lose(first_line(PQerrorMessage(connection_)));
    while (!pending_.empty() && PQisBusy(connection_) == 0) {
        if (PGresult* result = PQgetResult(connection_)) {
            take(result);
        } else if (PQstatus(connection_) == CONNECTION_BAD) {
            return lose(first_line(PQerrorMessage(connection_)));
        }
    }
    take_notices();
    if (pending_.empty()) watchdog_.cancel();
    if (!pending_.empty() || notice_ != Notice::unwanted) wait_readable();
    resume_done();
}

void PipelinedConnection::take_notices() {
    while (PGnotify* notice = PQnotifies(connection_)) {
        if (options_.process != notice->extra) notice_ = Notice::arrived;
        PQfreemem(notice);
    }
    if (notice_ == Notice::arrived) bell_.cancel();
}

void PipelinedConnection::take(PGresult* result) {
    Answer answer{result};  // owns it
    Exchange& front = *pending_.front();
    switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC:
            return finish_front();
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK: {
            const bool asked = front.seen < front.asked.size() && front.asked[front.seen];
            ++front.seen;
            if (asked && front.outcome) front.outcome->push_back(std::move(answer));
            return;
        }
        case PGRES_PIPELINE_ABORTED:
            return;
        default:
            if (front.outcome) front.outcome = error_in(result);
    }
}

void PipelinedConnection::finish_front() {
    std::unique_ptr<Exchange> exchange = std::move(pending_.front());
    pending_.pop_front();
    if (!exchange->outcome) {
        for (const std::string& sql : exchange->prepared)
            statements_.erase(sql);
    }
    done_.push_back(std::move(exchange));
}

// The reactor lets go of the socket at once. libpq may have closed it already: a socket that
// somebody opens next can have the same number, and must not be taken out of the reactor later.
void PipelinedConnection::leave_socket() {
    state_ = State::lost;
    if (socket_.is_open()) socket_.release();
}

// For push(): its caller has not suspended yet, so that nobody can be resumed before it returns.
void PipelinedConnection::lose_soon() {
    leave_socket();
    asio::post(watchdog_.get_executor(), [keep = shared_from_this()] {
        keep->lose(first_line(PQerrorMessage(keep->connection_)));
    });
}

void PipelinedConnection::lose(const std::string& why) {
    leave_socket();
    watchdog_.cancel();
    bell_.cancel();
    const Error error{Errc::unavailable, "the database was lost: " +
                                             (why.empty() ? "the connection was closed" : why)};
    for (auto& exchange : pending_) {
        exchange->outcome = error;
        done_.push_back(std::move(exchange));
    }
    pending_.clear();
    resume_done();
}

// A coroutine that is resumed may call run() again, and may drop the last reference to this.
void PipelinedConnection::resume_done() {
    const auto keep = shared_from_this();
    auto done = std::move(done_);
    done_.clear();
    for (const auto& exchange : done)
        exchange->resume();
}

}  // namespace

Task<std::shared_ptr<Connection>> Connection::open(asio::any_io_executor executor,
                                                   ConnectionOptions options) {
    auto connection = std::make_shared<PipelinedConnection>(executor, std::move(options));
    auto connected = co_await connection->connect();
    if (!connected) co_return connected.error();
    co_return std::shared_ptr<Connection>{std::move(connection)};
}

}  // namespace reef::store::postgres
