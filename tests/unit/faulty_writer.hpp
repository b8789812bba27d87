// A store's writer that fails, waits and counts as a test tells it to.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "store/writer.hpp"

namespace reef::test {

// Lives on the committer's thread, but for what a test sets before that runs.
class FaultyWriter final : public store::Writer {
public:
    FaultyWriter(std::unique_ptr<store::Writer> writer, const asio::any_io_executor& executor)
        : held(executor, asio::steady_timer::time_point::max()), writer_(std::move(writer)) {}

    Task<store::LoadResult> begin(store::LoadRequest wanted) override {
        co_await asio::post(asio::use_awaitable);  // as a store that asks a server
        if (begin_fails) co_return told_to(*begin_fails);
        for (const model::RecordRef& ref : wanted.records) {
            if (damaged.contains(ref.key)) co_return Error{Errc::rejected, "damaged"};
        }
        ++begun;
        if (on_begin) on_begin();
        auto loaded = co_await writer_->begin(wanted);
        if (!loaded) co_return loaded;
        for (const model::RecordRef& ref : wanted.records) {
            if (knows_locked && locked.contains(ref)) loaded->locked.insert(ref);
        }
        co_return loaded;
    }
    Task<void> commit(store::WriteSet saved) override {
        Result<void> good = co_await wait_and_check(&saved);
        if (!good) {
            co_await writer_->release();
            co_return good;
        }
        batch_sizes.push_back(saved.log.size());
        co_return co_await writer_->commit(std::move(saved));
    }
    bool loads_ahead() const override { return ahead; }
    Task<store::LoadResult> load_ahead(store::LoadRequest wanted) override {
        ++loads;
        if (load_ahead_fails) co_return told_to(*load_ahead_fails);
        auto loaded = co_await writer_->load_ahead(std::move(wanted));
        if (loaded) loaded->captured = captured;
        co_return loaded;
    }
    Task<void> commit_ahead(store::WriteSet saved) override {
        ++commits_ahead;
        if (commit_ahead_fails) co_return told_to(*commit_ahead_fails);
        Result<void> good = co_await wait_and_check(&saved);
        if (!good) co_return good;
        batch_sizes.push_back(saved.log.size());
        co_return co_await writer_->commit_ahead(std::move(saved));
    }
    asio::awaitable<void> release() override {
        ++released;
        co_await writer_->release();
    }
    Task<bool> trim(store::TrimLimits limits) override {
        ++trims;
        co_return co_await writer_->trim(limits);
    }
    Task<void> on_idle() override {
        ++idles;
        co_return co_await writer_->on_idle();
    }

    std::optional<Errc> begin_fails, commit_fails, load_ahead_fails, commit_ahead_fails;
    int away = 0;                  // so many commits find no database
    std::set<model::Key> refused;  // a constraint refuses rows with these keys …
    std::set<model::Key> damaged;  // … and these not even be loaded
    // Another program has locked these. It shows when one is to be saved, and from then on when it
    // is loaded.
    std::set<model::RecordRef> locked;
    bool knows_locked = false;
    std::function<void()> on_begin;
    // A commit waits until the test cancels `held`.
    bool holds = false;
    asio::steady_timer held;
    bool ahead = false;  // batches are decided ahead
    std::vector<model::Captured> captured;

    std::vector<std::size_t> batch_sizes;  // log entries of each batch that was saved
    int begun = 0, loads = 0, commits_ahead = 0, released = 0, trims = 0, idles = 0;

private:
    static Error told_to(Errc code) { return {code, "told to"}; }

    Task<void> wait_and_check(const store::WriteSet* saved) {
        boost::system::error_code let_go;
        if (holds) co_await held.async_wait(asio::redirect_error(asio::use_awaitable, let_go));
        if (commit_fails) co_return told_to(*commit_fails);
        if (away > 0) {
            --away;
            co_return told_to(Errc::unavailable);
        }
        for (const store::SavedRow& row : saved->rows) {
            if (!locked.contains(row.row.ref())) continue;
            knows_locked = true;
            co_return told_to(Errc::locked);
        }
        for (const store::SavedRow& row : saved->rows) {
            if (refused.contains(row.row.key)) co_return told_to(Errc::rejected);
        }
        co_return Result<void>{};
    }

    const std::unique_ptr<store::Writer> writer_;
};

}  // namespace reef::test
