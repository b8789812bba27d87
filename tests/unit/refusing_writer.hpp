// A store in memory whose database refuses what it is told to, as a constraint would that its owner
// has added, or a record that another program damaged.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <set>
#include <string>

#include "store/store.hpp"

namespace reef::test {

class RefusingWriter final : public store::Writer {
public:
    explicit RefusingWriter(std::unique_ptr<store::Writer> writer) : writer_(std::move(writer)) {}

    Task<store::LoadResult> begin(store::LoadRequest wanted) override {
        co_await asio::post(asio::use_awaitable);  // as one that asks a server
        for (const auto& ref : wanted.records) {
            if (damaged.contains(ref.key)) co_return Error{Errc::rejected, "damaged"};
        }
        co_return co_await writer_->begin(std::move(wanted));
    }
    Task<void> commit(store::WriteSet saved) override {
        if (away > 0) {
            --away;
            co_await writer_->release();
            co_return Error{Errc::unavailable, "the database is away"};
        }
        for (const auto& row : saved.rows) {
            if (refused.contains(row.row.key)) {
                co_await writer_->release();
                co_return Error{Errc::rejected, "a constraint"};
            }
        }
        ++commits;
        co_return co_await writer_->commit(std::move(saved));
    }
    asio::awaitable<void> release() override { co_await writer_->release(); }
    Task<bool> trim(store::TrimLimits limits) override { co_return co_await writer_->trim(limits); }
    Task<void> on_idle() override { co_return co_await writer_->on_idle(); }

    std::set<model::Key> refused;  // rows of these keys cannot be saved …
    std::set<model::Key> damaged;  // … and of these not even be loaded
    int away = 0;                  // so many commits find no database
    int commits = 0;

private:
    const std::unique_ptr<store::Writer> writer_;
};

}  // namespace reef::test
