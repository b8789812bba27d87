// What every store must do, whatever it stands on. A store's own test instantiates the suite:
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(make_memory_place), name_of);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "run.hpp"
#include "store/store.hpp"

namespace reef::store::test {

using reef::test::run;
using reef::test::succeeded;
using reef::test::value_of_task;

// Somewhere a store can be: a folder, a database. Opened again, it finds what was there.
class StoreFactory {
public:
    virtual ~StoreFactory() = default;
    virtual std::unique_ptr<Store> open(const Schema& schema) = 0;
    virtual bool keeps() const { return true; }  // across opening it again
};
using MakeStoreFactory = std::unique_ptr<StoreFactory> (*)();
// Without it a test's name in a report ends with the address of the function.
inline std::string name_of(const testing::TestParamInfo<MakeStoreFactory>&) {
    return "Store";
}

// Two resources with every type of field: `things` by integer, `notes` by text.
Schema contract_schema();
namespace things {
enum : FieldId {
    id,
    price,
    big,
    count,
    total,
    ratio,
    flag,
    title,
    at,
    uid,
    doc,
    status,
    version,
    field_count
};
}
namespace notes {
enum : FieldId { id, stock, code, thing, field_count };
}
inline constexpr ResourceId thing = 0;
inline constexpr ResourceId note = 1;

inline const OriginId self = "us.k3f9";
inline const OriginId other = "eu.8x2a";

// Rows as writes make them. The n-th write gives the stamp.
Row make_thing(std::int64_t id, std::uint64_t n = 1);
Row make_note(std::string id, std::string code, std::optional<std::int64_t> of = {},
              std::uint64_t n = 1);
Stamp stamp_of(std::uint64_t n, const OriginId& origin = self);
Row removed(Row row, std::uint64_t n);
LogEntry entry_of(const OriginId& origin, std::uint64_t seq, std::size_t bytes = 100);
Hash128 hash_of_row(const Schema& schema, const Row& row);

// "things/7 alive {…}": to compare whole rows in a message that can be read.
std::string shown(const Schema& schema, const Row& row);

class StoreContract : public testing::TestWithParam<MakeStoreFactory> {
protected:
    StoreContract();

    // A task runs where its store's connections are: on context_.
    template <class T>
    T run(asio::awaitable<T> work) {
        return reef::test::run_on(context_, std::move(work));
    }
    template <class T>
    T value_of_task(Task<T> work) {
        Result<T> result = run(std::move(work));
        if (!result) throw std::runtime_error("unexpected: " + result.error().what);
        if constexpr (!std::is_void_v<T>) return std::move(*result);
    }

    void reopen();
    LoadResult begin(LoadRequest wanted = {});
    Result<void> commit(WriteSet saved);
    // Begins, saves and commits with the ledger as it stands.
    Result<void> save(std::vector<Row> rows);
    Result<void> save_log(std::vector<LogEntry> entries);
    Result<void> save_events(std::vector<Event> events, std::vector<Stamp> twins = {});
    std::vector<Event> events(EventQuery query = {});
    std::vector<std::uint64_t> event_numbers(EventQuery query = {});
    std::optional<Row> get(RecordRef ref);
    ListPage list(ListQuery query);
    std::vector<std::pair<OriginId, std::uint64_t>> dots_after(Position after,
                                                               ScanLimits limits = {});
    void expect_stored(const Row& row);
    void expect_shown(const ListQuery& query, const ListPage& page);
    // The keys of a list of things, page by page; skip belongs to the first.
    std::vector<std::int64_t> walked(ListQuery query, std::size_t total);

    const Schema schema_ = contract_schema();
    const std::unique_ptr<StoreFactory> place_ = GetParam()();
    asio::io_context context_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<Reader> reader_;
};

}  // namespace reef::store::test
