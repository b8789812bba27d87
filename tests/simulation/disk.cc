#include "disk.hpp"

#include <algorithm>

#include "amend.hpp"

namespace reef::simulation {

namespace {

class Disk final : public store::Writer {
public:
    explicit Disk(DiskParts parts)
        : parts_(parts), writer_(parts.store.open_writer(parts.executor)) {}

    Task<store::LoadResult> begin(store::LoadRequest wanted) override {
        if (late_) {  // planted
            store::WriteSet saved = std::move(*late_);
            late_.reset();
            auto done = co_await save(std::move(saved));
            if (!done) co_return done.error();
        }
        auto loaded = co_await writer_->begin(std::move(wanted));
        if (loaded) before_ = loaded->rows;
        co_return loaded;
    }

    Task<void> commit(store::WriteSet saved) override {
        if (is_busy()) {
            parts_.oracle.unsaved(parts_.node, saved);
            co_await writer_->release();
            co_return Error{Errc::unavailable, "the disk is busy"};
        }
        co_return co_await commit_in_time(std::move(saved));
    }

    // What is planted into a batch is not seen by one that was decided ahead of it.
    bool loads_ahead() const override { return parts_.plant == Plant::none; }

    Task<store::LoadResult> load_ahead(store::LoadRequest wanted) override {
        auto slept = co_await parts_.clock.sleep(
            parts_.world.random.between(Nanoseconds{0}, parts_.sync / 4));
        if (!slept) co_return slept.error();
        co_return co_await writer_->load_ahead(std::move(wanted));
    }

    Task<void> commit_ahead(store::WriteSet saved) override {
        if (parts_.world.random.below(20) == 0) co_return Error{Errc::locked, "overtaken"};
        auto begun = co_await begin_nothing();
        if (!begun) co_return begun;
        if (is_busy()) {  // then it is decided once more, and saved by commit()
            co_await writer_->release();
            co_return Error{Errc::unavailable, "the disk is busy"};
        }
        co_return co_await commit_in_time(std::move(saved));
    }

    asio::awaitable<void> release() override { return writer_->release(); }
    Task<bool> trim(store::TrimLimits limits) override { return writer_->trim(limits); }
    Task<void> on_idle() override { return writer_->on_idle(); }

private:
    bool is_busy() { return parts_.world.random.below(400) == 0; }

    Task<void> commit_in_time(store::WriteSet saved) {
        const Nanoseconds time = parts_.world.random.between(parts_.sync / 4, parts_.sync);
        auto slept = co_await parts_.clock.sleep(time);
        if (!slept) co_return slept;
        amend(parts_.plant, parts_.schema, before_, saved);
        if (parts_.plant == Plant::answer_before_durable) {
            late_ = std::move(saved);
            co_await writer_->release();
            co_return Result<void>{};
        }
        auto done = co_await save(std::move(saved));
        if (!done) co_return done;
        // From here on it is durable, and nobody knows yet.
        slept = co_await parts_.clock.sleep(time);
        co_return slept;
    }

    Task<void> save(store::WriteSet saved) {
        if (parts_.plant == Plant::tear_commit) co_return co_await save_in_two(std::move(saved));
        if (parts_.plant == Plant::answer_before_durable) {
            auto begun = co_await begin_nothing();
            if (!begun) co_return begun;
        }
        co_return co_await save_whole(std::move(saved));
    }

    Task<void> save_whole(store::WriteSet saved) {
        const store::WriteSet copy = saved;
        auto done = co_await writer_->commit(std::move(saved));
        if (!done) co_return done;
        parts_.oracle.durable(parts_.node, copy);
        for (const store::LogEntry& entry : copy.log) {
            parts_.world.trace("durable at " + copy.ledger.self + ": " + entry.dot.origin + ':' +
                               std::to_string(entry.dot.seq) + ' ' + entry.json);
        }
        co_return done;
    }

    // Planted: the log and the position first, the rows a moment later.
    Task<void> save_in_two(store::WriteSet saved) {
        store::WriteSet rows;
        rows.rows = std::move(saved.rows);
        rows.ledger = saved.ledger;
        saved.rows.clear();
        auto done = co_await save_whole(std::move(saved));
        if (!done) co_return done;
        done = co_await parts_.clock.sleep(parts_.sync);
        if (!done) co_return done;
        done = co_await begin_nothing();
        if (!done) co_return done;
        co_return co_await writer_->commit(std::move(rows));
    }

    Task<void> begin_nothing() {
        store::LoadRequest nothing;
        auto loaded = co_await writer_->begin(std::move(nothing));
        if (!loaded) co_return loaded.error();
        co_return Result<void>{};
    }

    const DiskParts parts_;
    const std::unique_ptr<store::Writer> writer_;
    LoadedRows before_;
    std::optional<store::WriteSet> late_;
};

}  // namespace

std::unique_ptr<store::Writer> open_disk(DiskParts parts) {
    return std::make_unique<Disk>(parts);
}

}  // namespace reef::simulation
