#include "store/postgres/link.hpp"

#include "base/log.hpp"

namespace reef::store::postgres {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds pause_first{50};
constexpr std::chrono::milliseconds pause_max{1'000};

}  // namespace

Link::Link(asio::any_io_executor executor, ConnectionOptions options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

Task<std::shared_ptr<Connection>> Link::ready() {
    if (connection_ && !connection_->lost()) co_return connection_;
    const auto attempt = co_await attempting_.lock();
    if (!attempt) co_return Error{Errc::unavailable, attempt.error().what};
    // The attempt that this one waited for has decided for both.
    if (connection_ && !connection_->lost()) co_return connection_;
    connection_.reset();
    if (Clock::now() < retry_at_) co_return failed_;
    auto opened = co_await Connection::open(executor_, options_);
    if (opened) {
        if (pause_.count() > 0) log::info("The database is back", {{"for", options_.name}});
        pause_ = {};
        retry_at_ = {};
        connection_ = *opened;
        co_return connection_;
    }
    if (pause_.count() == 0) {
        log::warn("The database is away", {{"for", options_.name}, {"error", opened.error().what}});
    }
    // Clients hear this: where the database is does not concern them.
    failed_ = {Errc::unavailable, "the database is away: try again soon"};
    pause_ = std::min(std::max(2 * pause_, pause_first), pause_max);
    retry_at_ = Clock::now() + pause_;
    co_return failed_;
}

Task<Answers> Link::read(Commands commands) {
    auto connection = co_await ready();
    if (!connection) co_return connection.error();
    auto answers = co_await (*connection)->run(commands);
    if (answers || !(*connection)->lost()) co_return answers;
    connection = co_await ready();
    if (!connection) co_return connection.error();
    answers = co_await (*connection)->run(std::move(commands));
    co_return answers;
}

}  // namespace reef::store::postgres
