#include "commit/queue.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace reef::commit {

void resume_all(Items items) {
    while (!items.empty()) {
        const asio::any_io_executor executor = items.front()->executor();
        auto others = std::stable_partition(
            items.begin(), items.end(),
            [&executor](const auto& item) { return item->executor() == executor; });
        Items here(std::make_move_iterator(items.begin()), std::make_move_iterator(others));
        items.erase(items.begin(), others);
        asio::post(executor, [ready = std::move(here)] {
            for (const auto& item : ready)
                item->resume();
        });
    }
}

Queue::Queue(const asio::any_io_executor& executor, std::size_t items_max)
    : executor_(executor),
      woken_(std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max())),
      items_max_(items_max) {}

std::optional<Error> Queue::push(std::unique_ptr<Item>& item) {
    {
        const std::lock_guard lock{mutex_};
        if (closed_) return Error{Errc::closed, "the server is stopping"};
        if (items_.size() >= items_max_) {
            return Error{Errc::overloaded, "too many writes are waiting: try again soon"};
        }
        rows_ += rows_of(item->work);
        items_.push_back(std::move(item));
        if (wake_at_ == 0 || rows_ < wake_at_) return std::nullopt;
        wake_at_ = 0;
    }
    wake();
    return std::nullopt;
}

asio::awaitable<Items> Queue::take(std::size_t rows_max) {
    for (;;) {
        Items items = take_waiting(rows_max);
        if (!items.empty() || finished()) co_return items;
        co_await woken();
    }
}

Items Queue::take_waiting(std::size_t rows_max, std::size_t rows_min) {
    Items taken;
    std::size_t rows = 0;
    const std::lock_guard lock{mutex_};
    if (rows_ < rows_min) {
        wake_at_ = rows_min;
        return taken;
    }
    wake_at_ = 0;
    while (!items_.empty() && (taken.empty() || rows + rows_of(items_.front()->work) <= rows_max)) {
        rows += rows_of(items_.front()->work);
        taken.push_back(std::move(items_.front()));
        items_.pop_front();
    }
    rows_ -= rows;
    return taken;
}

asio::awaitable<void> Queue::woken() {
    boost::system::error_code woken;
    co_await woken_->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

void Queue::wake() {
    asio::post(executor_, [woken = woken_] { woken->cancel(); });
}

void Queue::close() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        wake_at_ = 0;
    }
    wake();
}

std::size_t Queue::size() const {
    const std::lock_guard lock{mutex_};
    return items_.size();
}

bool Queue::finished() const {
    const std::lock_guard lock{mutex_};
    return closed_ && items_.empty();
}

}  // namespace reef::commit
