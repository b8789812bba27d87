#include "commit/ahead.hpp"

#include <iterator>

#include "commit/committer.hpp"

namespace reef::commit {

namespace {

std::size_t rows_of(const Items& items) {
    std::size_t rows = 0;
    for (const auto& item : items)
        rows += rows_of(item->work);
    return rows;
}

}  // namespace

Ahead::Ahead(const CommitterParts& parts, const CommitOptions& options, Queue& queue,
             SearchedNumbers& searched)
    : parts_(parts),
      options_(options),
      queue_(queue),
      searched_(searched),
      saving_(parts.executor) {}

Task<void> Ahead::save(store::WriteSet saved, bool on_top, bool decides) {
    if (!decides || !parts_.writer.loads_ahead() || !next_.items.empty()) {
        co_return co_await start(std::move(saved), on_top);
    }
    next_.batch = std::make_unique<Batch>(parts_.schema, saved, parts_.batch_context());
    std::optional<Result<void>> durable;
    saving_.start("save a batch", save_into(start(std::move(saved), on_top), durable));
    while (!durable) {
        Items more = take_waiting();
        if (more.empty()) {
            co_await queue_.woken();
        } else {
            co_await decide(std::move(more));
        }
    }
    if (next_.items.empty() || !*durable) forget();
    co_return *durable;
}

Task<void> Ahead::start(store::WriteSet saved, bool on_top) {
    return on_top ? parts_.writer.commit_ahead(std::move(saved))
                  : parts_.writer.commit(std::move(saved));
}

asio::awaitable<void> Ahead::save_into(Task<void> writing, std::optional<Result<void>>& durable) {
    durable = co_await std::move(writing);
    queue_.wake();
}

Items Ahead::take_waiting() {
    const std::size_t decided = rows_of(next_.items);
    if (decided >= options_.batch_rows_max) return {};
    return queue_.take_waiting(options_.batch_rows_max - decided, options_.ahead_rows_min);
}

// Where that is not possible they wait for their turn.
asio::awaitable<void> Ahead::decide(Items more) {
    const std::size_t first = next_.items.size();
    next_.items.insert(next_.items.end(), std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
    if (!next_.batch) co_return;
    const bool known = co_await load(first);
    if (!known) {
        forget();
        co_return;
    }
    for (std::size_t i = first; i < next_.items.size(); ++i)
        next_.items[i]->done = next_.batch->take(next_.items[i]->work);
}

// For those from the first one on; and once more, where what was loaded shows that it is not all.
asio::awaitable<bool> Ahead::load(std::size_t first) {
    store::LoadRequest request;
    for (std::size_t i = first; i < next_.items.size(); ++i)
        add_to_request(parts_.schema, next_.items[i]->work, request);
    NumberSearch numbers{parts_.schema, parts_.batch_context().node_index, searched_};
    const auto new_keys = request.new_keys;
    std::vector<model::RecordRef> lacking;
    for (bool again = false;; again = true) {
        numbers.ask(request);
        auto loaded = co_await parts_.writer.load_ahead(std::move(request));
        // What other programs wrote comes first in a batch, before all that is decided.
        if (!loaded || !loaded->captured.empty()) co_return false;
        next_.batch->add(std::move(*loaded), parts_.batch_context());
        for (std::size_t i = first; i < next_.items.size() && !again; ++i) {
            for (model::RecordRef& ref : next_.batch->lacks(next_.items[i]->work))
                lacking.push_back(std::move(ref));
        }
        const bool enough = numbers.is_enough(*next_.batch);
        if (enough && lacking.empty()) co_return true;
        request = {};
        request.new_keys = new_keys;
        request.records = std::exchange(lacking, {});
    }
}

}  // namespace reef::commit
