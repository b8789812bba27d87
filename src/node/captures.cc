#include "node/captures.hpp"

#include "base/log.hpp"

namespace reef::node {

namespace {

constexpr std::uint32_t records_max = 256;  // at once, so that clients have their turns
constexpr std::chrono::milliseconds look_every{250};

}  // namespace

Captures::Captures(Database& database, const Instances& instances, Clock& clock)
    : database_(database),
      instances_(instances),
      reader_(database.open_reader(database.executor())),
      heard_(clock),
      tasks_(database.executor()) {}

Captures::~Captures() = default;

void Captures::start() {
    running_ = true;
    asio::post(database_.context(), [this] { tasks_.start("captures", keep()); });
}

void Captures::stop() {
    if (!std::exchange(running_, false)) return;
    asio::co_spawn(database_.context(), end(), asio::use_future).get();
}

asio::awaitable<void> Captures::keep() {
    for (;;) {
        const std::uint64_t seen = heard_.generation();
        Result<bool> more = false;
        if (instances_.leads()) more = co_await ingest();
        if (more && *more) continue;
        static_cast<void>(co_await heard_.wait_beyond(seen, look_every));
    }
}

// True: there may be more.
Task<bool> Captures::ingest() {
    auto records = co_await reader_->captured(records_max);
    if (!records) co_return records.error();
    if (records->empty()) co_return false;
    const bool full = records->size() >= records_max;
    commit::ExternalSqlWrites work{std::move(*records)};
    auto taken = co_await database_.committer().ingest(std::move(work));
    if (!taken) co_return taken.error();
    log::debug("Took in what other programs wrote", {{"writes", taken->changed}});
    co_return full && taken->changed > 0;
}

asio::awaitable<void> Captures::end() {
    co_await tasks_.end();
    reader_.reset();
}

}  // namespace reef::node
