#include "inspect.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <limits>

namespace reef::simulation {

namespace {

constexpr store::ScanLimits everything{std::numeric_limits<std::uint32_t>::max(),
                                       std::numeric_limits<std::uint64_t>::max()};

template <class T>
T read(store::Store& store, const std::function<Task<T>(store::Reader&)>& ask) {
    asio::io_context context{1};
    const auto reader = store.open_reader(context.get_executor());
    std::optional<Result<T>> answer;
    asio::co_spawn(context, ask(*reader), [&answer](const std::exception_ptr& thrown, Result<T> r) {
        if (thrown) std::rethrow_exception(thrown);
        answer.emplace(std::move(r));
    });
    context.run();
    return std::move(*answer).value();
}

}  // namespace

store::Ledger ledger_of(store::Store& store) {
    return read<store::Ledger>(store, [](store::Reader& reader) { return reader.ledger(); });
}

std::vector<store::StoredRow> rows_of(store::Store& store, const model::Schema& schema) {
    std::vector<store::StoredRow> all;
    for (const model::Resource& resource : schema.resources) {
        auto rows = read<std::vector<store::StoredRow>>(store, [&resource](store::Reader& reader) {
            return reader.scan(resource.id, std::nullopt, everything);
        });
        all.insert(all.end(), std::make_move_iterator(rows.begin()),
                   std::make_move_iterator(rows.end()));
    }
    return all;
}

std::vector<store::LogEntry> log_of(store::Store& store) {
    return read<std::vector<store::LogEntry>>(
        store, [](store::Reader& reader) { return reader.changes_after({}, everything); });
}

std::vector<store::Conflict> conflicts_of(store::Store& store) {
    return read<std::vector<store::Conflict>>(
        store, [](store::Reader& reader) { return reader.conflicts({.limits = everything}); });
}

}  // namespace reef::simulation
