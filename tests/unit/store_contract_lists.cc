// Lists, compared with a plain sort of the same rows: every sort, filter, direction, page size.
#include <algorithm>

#include "model/record_json.hpp"
#include "store_contract.hpp"

namespace reef::store::test {
// The same page as text.
void StoreContract::expect_shown(const ListQuery& query, const ListPage& page) {
    constexpr TimeShape times{3, TimeZone::z};
    const Resource& resource = schema_[query.resource];
    const ShownPage shown = value_of_task(reader_->show(query, times));
    std::string records;
    for (const Row& row : page.rows) {
        if (!records.empty()) records += ',';
        append_record(records, resource, row, times);
    }
    EXPECT_EQ(shown.records, records);
    EXPECT_EQ(shown.more, page.more);
    EXPECT_EQ(shown.total, page.total);
    if (page.rows.size() < query.rows_max) return;
    ASSERT_TRUE(shown.last);
    EXPECT_EQ(shown.last->first, value_of(resource, page.rows.back(), query.sort));
    EXPECT_EQ(shown.last->second, page.rows.back().key);
}

std::vector<std::int64_t> StoreContract::walked(ListQuery query, std::size_t total) {
    std::vector<std::int64_t> keys;
    for (;;) {
        const ListPage page = value_of_task(reader_->list(query));
        expect_shown(query, page);
        EXPECT_EQ(page.total, total);
        EXPECT_LE(page.rows.size(), query.rows_max);
        for (const Row& row : page.rows)
            keys.push_back(std::get<std::int64_t>(row.key));
        if (!page.more) return keys;
        if (page.rows.size() != query.rows_max) {
            ADD_FAILURE() << "a page that is not full says that there is more";
            return keys;
        }
        const Row& last = page.rows.back();
        query.after.emplace(value_of(schema_[thing], last, query.sort), last.key);
        query.skip = 0;
    }
}

namespace {

constexpr std::array sorts{things::id,    things::price,  things::big,
                           things::count, things::ratio,  things::title,
                           things::at,    things::status, things::version};
constexpr std::array compares{Compare::equal,      Compare::not_equal, Compare::less,
                              Compare::less_equal, Compare::greater,   Compare::greater_equal};

// Few different values, so that many rows share one; nulls where they are allowed.
class Randomness {
public:
    explicit Randomness(std::uint32_t seed) : engine_(seed) {}

    std::int64_t below(std::int64_t end) {
        return std::uniform_int_distribution<std::int64_t>{0, end - 1}(engine_);
    }

    Value value(const Schema& schema, FieldId id) {
        const Field& field = schema[thing].fields[id];
        if (field.nullable && below(4) == 0) return {};
        switch (field.type) {
            case FieldType::decimal:
                return field.min ? below(9) * 5 : (below(9) - 4) * 123456789;
            case FieldType::floating:
                return static_cast<double>(below(9) - 4) / 3;
            case FieldType::boolean:
                return below(2) == 1;
            case FieldType::text: {
                static const std::array texts{"",  "A", "B",  "a", "ab", "b",
                                              "Ä", "é", "日", "🐚", "10", "9"};
                return std::string{texts[static_cast<std::size_t>(below(texts.size()))]};
            }
            case FieldType::timestamp:
                return below(9) * 500'000 - 2'000'000;
            case FieldType::uuid:
                return "0190a2b4-7c1e-7f00-8a3b-00000000000" + std::to_string(below(9));
            case FieldType::json:
                return std::to_string(below(9));
            case FieldType::lattice:
                return below(4);
            case FieldType::version:
                return below(4) + 1;
            default:
                return below(9) - 4;
        }
    }

    Row row(const Schema& schema, std::int64_t key) {
        Row made = make_thing(key);
        for (FieldId id = 0; id < things::field_count; ++id) {
            if (schema[thing].has_state(id)) made.cells[id].value = value(schema, id);
        }
        for (auto writes = below(3); writes > 0; --writes)
            made.vector.add_write(self, 5);
        return made;
    }

    ListQuery query(const Schema& schema) {
        ListQuery made;
        made.sort = sorts[static_cast<std::size_t>(below(sorts.size()))];
        made.descending = below(2) == 1;
        for (auto filters = std::max<std::int64_t>(0, below(4) - 1); filters > 0; --filters) {
            const auto field = static_cast<FieldId>(below(things::field_count));
            const auto compare = compares[static_cast<std::size_t>(below(compares.size()))];
            made.filters.push_back(
                {field, compare, field == things::id ? Value{below(120)} : value(schema, field)});
        }
        made.skip = below(3) ? 0 : static_cast<std::uint64_t>(below(20));
        made.rows_max = static_cast<std::uint32_t>(1 + below(30));
        made.count = true;
        return made;
    }

private:
    std::mt19937 engine_;
};

bool matches(const Value& value, const ListFilter& filter) {
    if (is_null(value) || is_null(filter.value)) return false;
    switch (filter.compare) {
        case Compare::equal:
            return value == filter.value;
        case Compare::not_equal:
            return value != filter.value;
        case Compare::less:
            return value < filter.value;
        case Compare::less_equal:
            return !(filter.value < value);
        case Compare::greater:
            return filter.value < value;
        case Compare::greater_equal:
            return !(value < filter.value);
    }
    return false;
}

std::vector<std::int64_t> expected(const Schema& schema, std::vector<Row> rows,
                                   const ListQuery& query) {
    const Resource& resource = schema[thing];
    std::erase_if(rows, [&](const Row& row) {
        if (!row.alive()) return true;
        return std::any_of(query.filters.begin(), query.filters.end(), [&](const auto& filter) {
            return !matches(value_of(resource, row, filter.field), filter);
        });
    });
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        const Value left = value_of(resource, a, query.sort);
        const Value right = value_of(resource, b, query.sort);
        const bool before = left != right ? left < right : a.key < b.key;
        const bool same = left == right && a.key == b.key;
        return !same && before != query.descending;
    });
    std::vector<std::int64_t> keys;
    for (const Row& row : rows)
        keys.push_back(std::get<std::int64_t>(row.key));
    return keys;
}

std::string described(const Schema& schema, const ListQuery& query) {
    std::string text = "sort " + schema[thing].fields[query.sort].name +
                       (query.descending ? " down" : " up") + " skip " +
                       std::to_string(query.skip) + " page " + std::to_string(query.rows_max);
    for (const ListFilter& filter : query.filters) {
        text += ", filter " + schema[thing].fields[filter.field].name + ' ' +
                std::to_string(static_cast<int>(filter.compare)) +
                (is_null(filter.value) ? " null" : "");
    }
    return text;
}

TEST_P(StoreContract, ListsEveryRowOnceInOrder) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Randomness random{seed};
    std::vector<Row> rows;
    for (std::int64_t key = 0; key < 120; ++key) {
        rows.push_back(random.row(schema_, key));
        if (key % 10 == 3) rows.back() = removed(rows.back(), 2);
    }
    ASSERT_TRUE(succeeded(save(rows)));
    for (int i = 0; i < 400 && !HasFailure(); ++i) {
        const ListQuery query = random.query(schema_);
        SCOPED_TRACE(described(schema_, query));
        std::vector<std::int64_t> keys = expected(schema_, rows, query);
        const std::size_t total = keys.size();
        keys.erase(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(
                                                    std::min<std::uint64_t>(query.skip, total)));
        EXPECT_EQ(walked(query, total), keys);
    }
}

TEST_P(StoreContract, SkipsWithinWhatComesAfter) {
    Randomness random{7};
    std::vector<Row> rows;
    for (std::int64_t key = 0; key < 60; ++key)
        rows.push_back(random.row(schema_, key));
    ASSERT_TRUE(succeeded(save(rows)));
    for (const FieldId sort : sorts) {
        for (const bool descending : {false, true}) {
            ListQuery query;
            query.sort = sort;
            query.descending = descending;
            const auto keys = expected(schema_, rows, query);
            for (const std::size_t from : {0U, 11U, 40U}) {
                const Row& last = rows[static_cast<std::size_t>(keys[from])];
                query.after.emplace(value_of(schema_[thing], last, sort), last.key);
                query.skip = 17;
                query.rows_max = 1;
                const ListPage page = list(query);
                const std::size_t wanted = from + 18;
                ASSERT_EQ(page.rows.size(), wanted < keys.size() ? 1U : 0U);
                if (page.rows.empty()) continue;
                EXPECT_EQ(page.rows[0].key, Key{keys[wanted]}) << described(schema_, query);
                EXPECT_EQ(page.more, wanted + 1 < keys.size());
            }
        }
    }
}

TEST_P(StoreContract, ListsTextKeysByTheirBytes) {
    std::vector<Row> rows;
    for (const char* key : {"Z", "a", "b", "é", "日", "🐚"})
        rows.push_back(make_note(key, "same"));
    ASSERT_TRUE(succeeded(save({rows[3], rows[0], rows[5], rows[1], rows[2], rows[4]})));
    for (const FieldId sort : {notes::id, notes::code, notes::stock}) {
        ListQuery query;
        query.resource = note;
        query.sort = sort;
        query.rows_max = 2;
        std::vector<Key> keys;
        for (ListPage page;; query.after.emplace(value_of(schema_[note], page.rows.back(), sort),
                                                 page.rows.back().key)) {
            page = list(query);
            expect_shown(query, page);
            for (const Row& row : page.rows)
                keys.push_back(row.key);
            if (!page.more) break;
        }
        ASSERT_EQ(keys.size(), rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            EXPECT_EQ(keys[i], rows[i].key);
    }
}

// A row that is there all the time is seen once, whatever is written around it meanwhile.
TEST_P(StoreContract, ListsWhileOthersWrite) {
    std::vector<Row> rows;
    for (std::int64_t key = 0; key < 100; key += 2)
        rows.push_back(make_thing(key));
    ASSERT_TRUE(succeeded(save(rows)));
    ListQuery query;
    query.sort = things::price;
    query.rows_max = 7;
    std::vector<std::int64_t> even;
    for (std::int64_t odd = 1;; odd += 2) {
        const ListPage page = list(query);
        for (const Row& row : page.rows) {
            const auto key = std::get<std::int64_t>(row.key);
            if (key % 2 == 0) even.push_back(key);
        }
        if (!page.more) break;
        query.after.emplace(page.rows.back().cells[things::price].value, page.rows.back().key);
        ASSERT_TRUE(succeeded(save({make_thing(odd), make_thing(99 - odd % 98)})));
    }
    ASSERT_EQ(even.size(), rows.size());
    for (std::size_t i = 0; i < even.size(); ++i)
        EXPECT_EQ(even[i], std::int64_t(i) * 2);
}

}  // namespace
}  // namespace reef::store::test
