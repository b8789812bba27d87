#include "memory_store.hpp"

#include <algorithm>
#include <cassert>

#include "model/record_json.hpp"
#include "model/value_text.hpp"
#include "store/columns.hpp"

namespace reef::store {

namespace {

struct SeenEntry {
    RequestSeen seen;
    std::uint64_t number = 0;  // in the order saved
};

struct State {
    Ledger ledger;
    std::vector<std::map<Key, StoredRow>> rows;  // by ResourceId; tombstones too
    std::map<OriginId, std::map<std::uint64_t, LogEntry>> log;
    std::uint64_t log_bytes = 0;
    std::map<RequestId, SeenEntry> requests;
    std::map<std::uint64_t, RequestId> requests_in_order;
    std::uint64_t last_request = 0;
    std::map<Stamp, Event> events;
    std::vector<Conflict> conflicts;
    std::uint64_t last_conflict = 0;
    std::map<std::uint64_t, DeadLetter> dead_letters;  // by id
    std::uint64_t last_letter = 0;
};

// What the columns of a database would refuse.
Result<void> check(const Resource& resource, const Row& row) {
    if (!row.alive()) return {};
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        Field field = resource.fields[id];
        // Two nodes may each have added to a counter: only its lower bound holds for the sum.
        if (field.merge == Merge::counter) field.max.reset();
        if (auto good = check_rules(field, value_of(resource, row, id)); !good) {
            return Error{Errc::rejected, resource.name + '/' + to_text(row.key) + ": " +
                                             field.name + ' ' + good.error().what};
        }
    }
    return {};
}

// The living record that has the value; of two, the one whose life began earlier.
const StoredRow* holder_of(const State& state, const Schema& schema, const FieldRef& ref) {
    const StoredRow* earliest = nullptr;
    if (is_null(ref.value)) return earliest;
    const Resource& resource = schema[ref.resource];
    for (const auto& [key, stored] : state.rows[ref.resource]) {
        if (!stored.row.alive() || value_of(resource, stored.row, ref.field) != ref.value) continue;
        if (!earliest || stored.row.life.stamp < earliest->row.life.stamp) earliest = &stored;
    }
    return earliest;
}

class MemoryWriter final : public Writer {
public:
    MemoryWriter(const Schema& schema, State& state) : schema_(schema), state_(state) {}

    Task<LoadResult> begin(LoadRequest wanted) override {
        assert(!in_batch_);
        in_batch_ = true;
        co_return load(wanted);
    }
    Task<void> commit(WriteSet saved) override {
        assert(in_batch_);
        in_batch_ = false;
        co_return save(saved);
    }
    asio::awaitable<void> release() override {
        assert(in_batch_);
        in_batch_ = false;
        co_return;
    }
    bool loads_ahead() const override { return true; }
    Task<LoadResult> load_ahead(LoadRequest wanted) override { co_return load(wanted); }
    Task<void> commit_ahead(WriteSet saved) override {
        assert(!in_batch_);
        co_return save(saved);
    }
    Task<bool> trim(TrimLimits limits) override {
        assert(!in_batch_);
        const bool requests = trim_requests(limits);
        const bool log = trim_log(limits);
        const bool events = limits.events && trim_events(limits);
        co_return requests || log || events;
    }
    Task<void> on_idle() override { co_return Result<void>{}; }

private:
    LoadResult load(const LoadRequest& wanted) const {
        LoadResult loaded;
        loaded.ledger = state_.ledger;
        for (const RecordRef& ref : wanted.records) {
            const auto& rows = state_.rows[ref.resource];
            const auto row = rows.find(ref.key);
            if (row != rows.end()) loaded.rows.emplace(ref, row->second);
            if (loaded.open_conflicts.contains(ref)) continue;  // it is asked for twice
            for (const Conflict& conflict : state_.conflicts) {
                if (conflict.is_open() && conflict.record == ref)
                    loaded.open_conflicts[ref].push_back(conflict);
            }
        }
        for (const FieldRef& ref : wanted.holders) {
            const StoredRow* holder = holder_of(state_, schema_, ref);
            if (holder) loaded.holders.emplace(ref, holder->row.key);
        }
        for (const FieldRef& ref : wanted.referrers)
            loaded.referrers.emplace(ref, holder_of(state_, schema_, ref) != nullptr);
        for (const RequestId& id : wanted.requests) {
            const auto seen = state_.requests.find(id);
            if (seen != state_.requests.end()) loaded.requests.emplace(id, seen->second.seen);
        }
        for (const RecordRef& ref : wanted.candidates) {
            if (!state_.rows[ref.resource].contains(ref.key)) loaded.free.insert(ref);
        }
        return loaded;
    }

    Result<void> save(WriteSet& saved) {
        if (auto good = check_batch(saved); !good) return good;
        auto parked = std::move(state_.ledger.parked);
        state_.ledger = std::move(saved.ledger);
        state_.ledger.parked = std::move(parked);
        for (SavedRow& row : saved.rows) {
            auto& rows = state_.rows[row.row.resource];
            const Key key = row.row.key;
            rows.insert_or_assign(key, StoredRow{std::move(row.row), row.hash});
        }
        for (const RecordRef& ref : saved.erased)
            state_.rows[ref.resource].erase(ref.key);
        for (const auto& copies : saved.copies) {
            RecordColumns columns;
            for (std::size_t row = 0; row < copies->size(); ++row) {
                copies->get(row, columns);
                state_.rows[copies->resource().id].emplace(
                    copies->key_of(row),
                    row_from(copies->resource(), columns, copies->hash_of(row)));
            }
        }
        for (LogEntry& entry : saved.log) {
            state_.log_bytes += entry.json.size();
            const Dot dot = entry.dot;
            state_.log[dot.origin].emplace(dot.seq, std::move(entry));
        }
        for (auto& [id, seen] : saved.requests) {
            SeenEntry& entry = state_.requests[id];
            state_.requests_in_order.erase(entry.number);
            entry = {std::move(seen), ++state_.last_request};
            state_.requests_in_order.emplace(entry.number, id);
        }
        for (Event& event : saved.events)
            state_.events.try_emplace(event.stamp, event);
        for (const Stamp& twin : saved.twin_events)
            state_.events.erase(twin);
        save_conflicts(saved);
        for (const Dot& name : saved.settled)
            remove_letter(name);
        for (DeadLetter& letter : saved.dead_letters) {
            remove_letter({letter.source, letter.seq});
            letter.id = ++state_.last_letter;
            state_.ledger.parked[{letter.source, letter.seq}] = letter.record;
            state_.dead_letters.emplace(letter.id, std::move(letter));
        }
        return {};
    }

    void save_conflicts(WriteSet& saved) {
        const auto listed = [this](const std::string& id) {
            return std::find_if(state_.conflicts.begin(), state_.conflicts.end(),
                                [&id](const Conflict& one) { return one.id == id; });
        };
        for (Conflict& conflict : saved.conflicts) {
            const auto known = listed(conflict.id);
            if (known != state_.conflicts.end()) {
                known->detail = std::move(conflict.detail);
                continue;
            }
            conflict.number = ++state_.last_conflict;
            state_.conflicts.push_back(std::move(conflict));
        }
        for (auto& [id, by] : saved.settled_conflicts) {
            const auto known = listed(id);
            if (known != state_.conflicts.end()) known->settled = std::move(by);
        }
        for (const std::string& id : saved.gone_conflicts)
            remove_conflict(id);
        for (SharedValue& shared : saved.shared) {
            const std::string id = shared.conflict.id;
            if (!in_conflict(shared)) {
                remove_conflict(id);
            } else if (listed(id) == state_.conflicts.end()) {
                shared.conflict.number = ++state_.last_conflict;
                state_.conflicts.push_back(std::move(shared.conflict));
            }
        }
    }

    void remove_conflict(const std::string& id) {
        std::erase_if(state_.conflicts, [&id](const Conflict& one) { return one.id == id; });
    }

    bool in_conflict(const SharedValue& shared) const {
        const auto& rows = state_.rows[shared.ref.resource];
        const Resource& resource = schema_[shared.ref.resource];
        const auto holders = std::count_if(rows.begin(), rows.end(), [&](const auto& stored) {
            const Row& row = stored.second.row;
            return row.alive() && value_of(resource, row, shared.ref.field) == shared.ref.value;
        });
        if (!shared.target) return holders > 1;
        const auto& targets = state_.rows[shared.target->resource];
        const auto target = targets.find(shared.target->key);
        return holders > 0 && target != targets.end() && !target->second.row.alive();
    }

    void remove_letter(const Dot& name) {
        if (state_.ledger.parked.erase(name) == 0) return;
        std::erase_if(state_.dead_letters, [&name](const auto& letter) {
            return letter.second.source == name.origin && letter.second.seq == name.seq;
        });
    }

    // All that can be refused is, before anything is changed.
    Result<void> check_batch(const WriteSet& saved) const {
        for (const SavedRow& row : saved.rows) {
            if (auto good = check(schema_[row.row.resource], row.row); !good) return good;
        }
        for (const auto& copies : saved.copies) {
            for (std::size_t row = 0; row < copies->size(); ++row) {
                if (state_.rows[copies->resource().id].contains(copies->key_of(row)))
                    return Error{Errc::rejected, "a copied record is there already"};
            }
        }
        for (const LogEntry& entry : saved.log) {
            const auto known = state_.log.find(entry.dot.origin);
            const bool taken = known != state_.log.end() && known->second.contains(entry.dot.seq);
            if (taken || !saved.ledger.origins.contains(entry.dot.origin)) {
                return Error{Errc::rejected, "the log cannot take an entry of " + entry.dot.origin};
            }
        }
        return {};
    }

    bool trim_requests(const TrimLimits& limits) {
        for (std::uint32_t removed = 0; !state_.requests_in_order.empty(); ++removed) {
            const auto oldest = state_.requests_in_order.begin();
            const auto entry = state_.requests.find(oldest->second);
            const std::uint64_t rows = state_.last_request - oldest->first + 1;
            const bool young = entry->second.seen.stamp.time >= limits.requests_before;
            if (young && rows <= limits.requests_max) return false;
            if (removed == limits.piece_rows_max) return true;
            state_.requests.erase(entry);
            state_.requests_in_order.erase(oldest);
        }
        return false;
    }

    bool trim_events(const TrimLimits& limits) {
        std::uint64_t bytes = 0;
        for (const auto& [stamp, event] : state_.events)
            bytes += bytes_of(event);
        for (std::uint32_t removed = 0; !state_.events.empty(); ++removed) {
            const auto oldest = state_.events.begin();
            const bool young = oldest->first.time >= limits.events->before;
            if (young && bytes <= limits.events->bytes_max) return false;
            if (removed == limits.piece_rows_max) return true;
            bytes -= bytes_of(oldest->second);
            state_.events.erase(oldest);
        }
        return false;
    }

    bool trim_log(const TrimLimits& limits) {
        for (std::uint32_t removed = 0;; ++removed) {
            std::map<std::uint64_t, LogEntry>* oldest = nullptr;
            for (auto& [origin, entries] : state_.log) {
                if (entries.empty()) continue;
                const auto at = [](const auto& of) { return of.begin()->second.at; };
                if (!oldest || at(entries) < at(*oldest)) oldest = &entries;
            }
            if (!oldest) return false;
            const LogEntry& entry = oldest->begin()->second;
            if (entry.at >= limits.log_before && state_.log_bytes <= limits.log_bytes_max) {
                return false;
            }
            if (removed == limits.piece_rows_max) return true;
            state_.log_bytes -= entry.json.size();
            oldest->erase(oldest->begin());
        }
    }

    const Schema& schema_;
    State& state_;
    bool in_batch_ = false;
};

bool holds(const Value& value, Compare compare, const Value& other) {
    if (is_null(value) || is_null(other)) return false;
    switch (compare) {
        case Compare::equal:
            return value == other;
        case Compare::not_equal:
            return value != other;
        case Compare::less:
            return value < other;
        case Compare::less_equal:
            return value <= other;
        case Compare::greater:
            return value > other;
        case Compare::greater_equal:
            return value >= other;
    }
    return false;
}

class MemoryReader final : public Reader {
public:
    MemoryReader(const Schema& schema, const State& state) : schema_(schema), state_(state) {}

    Task<std::optional<Row>> get(RecordRef ref) override {
        const auto& rows = state_.rows[ref.resource];
        const auto found = rows.find(ref.key);
        if (found == rows.end()) co_return std::nullopt;
        co_return std::optional{found->second.row};
    }
    Task<std::optional<Row>> find(FieldRef ref) override {
        const StoredRow* holder = holder_of(state_, schema_, ref);
        if (!holder) co_return std::nullopt;
        co_return std::optional{holder->row};
    }
    Task<ListPage> list(ListQuery query) override { co_return page_of(query); }
    Task<ShownPage> show(ListQuery query, TimeShape times) override {
        const Resource& resource = schema_[query.resource];
        ListPage page = page_of(query);
        ShownPage shown{page, {}, {}};
        for (const Row& row : page.rows) {
            if (!shown.records.empty()) shown.records += ',';
            append_record(shown.records, resource, row, times);
        }
        if (page.rows.size() == query.rows_max && !page.rows.empty()) {
            const Row& last = page.rows.back();
            shown.last.emplace(value_of(resource, last, query.sort), last.key);
        }
        co_return shown;
    }
    Task<std::optional<LogEntry>> change(Dot dot) override {
        const auto entries = state_.log.find(dot.origin);
        if (entries == state_.log.end()) co_return std::nullopt;
        const auto found = entries->second.find(dot.seq);
        if (found == entries->second.end()) co_return std::nullopt;
        co_return std::optional{found->second};
    }
    Task<std::vector<LogEntry>> changes_after(Position after, ScanLimits limits) override {
        std::vector<LogEntry> found;
        std::uint64_t bytes = 0;
        for (const auto& [origin, entries] : state_.log) {
            auto entry = entries.upper_bound(seq_in(after, origin));
            for (; entry != entries.end() && within(limits, found.size(), bytes); ++entry) {
                bytes += entry->second.json.size();
                found.push_back(entry->second);
            }
        }
        co_return found;
    }
    Task<std::vector<StoredRow>> scan(ResourceId resource, std::optional<Key> after,
                                      ScanLimits limits) override {
        const auto& rows = state_.rows[resource];
        std::vector<StoredRow> found;
        std::uint64_t bytes = 0;
        auto row = after ? rows.upper_bound(*after) : rows.begin();
        for (; row != rows.end() && within(limits, found.size(), bytes); ++row) {
            std::string json;
            append_row_json(json, schema_[resource], row->second.row);
            bytes += json.size();
            found.push_back(row->second);
        }
        co_return found;
    }
    // A store in memory has no columns: all are read.
    Task<RowPiece> scan_copies(ResourceId resource, std::optional<Key> after,
                               ScanLimits limits) override {
        auto rows = co_await scan(resource, std::move(after), limits);
        if (!rows) co_return rows.error();
        RowPiece piece{std::make_shared<RowCopies>(schema_[resource]), std::move(*rows), {}};
        if (!piece.others.empty()) piece.last = piece.others.back().row.key;
        co_return piece;
    }
    Task<std::optional<std::string>> raw(RecordRef ref) override {
        const auto found = state_.rows[ref.resource].find(ref.key);
        if (found == state_.rows[ref.resource].end()) co_return std::nullopt;
        std::string json;
        append_row_json(json, schema_[ref.resource], found->second.row);
        co_return json;
    }
    Task<std::vector<Event>> events(EventQuery query) override {
        std::vector<Event> found;
        std::uint64_t bytes = 0;
        auto event = state_.events.upper_bound(query.after);
        for (; event != state_.events.end() && within(query.limits, found.size(), bytes); ++event) {
            const bool asked =
                event->second.resource == query.resource && event->second.key == query.key;
            if (!query.resource.empty() && !asked) continue;
            bytes += bytes_of(event->second);
            found.push_back(event->second);
        }
        co_return found;
    }
    Task<std::vector<Conflict>> conflicts(ConflictQuery query) override {
        std::vector<Conflict> found;
        std::uint64_t bytes = 0;
        for (const Conflict& one : state_.conflicts) {
            if (!within(query.limits, found.size(), bytes)) break;
            const bool asked = query.id.empty() ? is_asked(query, one) : one.id == query.id;
            if (!asked) continue;
            bytes += one.detail.size();
            found.push_back(one);
        }
        co_return found;
    }
    Task<std::map<std::string, ConflictCount>> conflict_counts() override {
        std::map<std::string, ConflictCount> counts;
        for (const Conflict& conflict : state_.conflicts) {
            ++counts[conflict.kind].all;
            if (conflict.is_open()) ++counts[conflict.kind].open;
        }
        co_return counts;
    }
    Task<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits) override {
        std::vector<DeadLetter> found;
        std::uint64_t bytes = 0;
        auto letter = state_.dead_letters.upper_bound(after);
        for (; letter != state_.dead_letters.end() && within(limits, found.size(), bytes);
             ++letter) {
            bytes += letter->second.body.size();
            found.push_back(letter->second);
        }
        co_return found;
    }
    Task<std::vector<SavedRequest>> requests(std::uint64_t after, ScanLimits limits) override {
        std::vector<SavedRequest> found;
        auto next = state_.requests_in_order.upper_bound(after);
        for (; next != state_.requests_in_order.end() && found.size() < limits.rows_max; ++next) {
            found.push_back({next->first, next->second, state_.requests.at(next->second).seen});
        }
        co_return found;
    }
    Task<Ledger> ledger() override { co_return state_.ledger; }

private:
    static bool is_asked(const ConflictQuery& query, const Conflict& one) {
        return one.number > query.after && (query.kind.empty() || one.kind == query.kind) &&
               (!query.resource || one.record.resource == *query.resource) &&
               (!query.since || one.at >= *query.since) && (!query.open || one.is_open());
    }

    static bool within(const ScanLimits& limits, std::size_t rows, std::uint64_t bytes) {
        return rows < limits.rows_max && (rows == 0 || bytes < limits.bytes_max);
    }

    ListPage page_of(const ListQuery& query) const {
        using Place = std::pair<Value, Key>;
        const Resource& resource = schema_[query.resource];
        std::vector<std::pair<Place, const Row*>> all;
        for (const auto& [key, stored] : state_.rows[query.resource]) {
            const Row& row = stored.row;
            const auto matches = [&](const ListFilter& filter) {
                return holds(value_of(resource, row, filter.field), filter.compare, filter.value);
            };
            if (row.alive() && std::all_of(query.filters.begin(), query.filters.end(), matches)) {
                all.push_back({{value_of(resource, row, query.sort), key}, &row});
            }
        }
        std::sort(all.begin(), all.end());  // keys differ: the rows' addresses never decide
        if (query.descending) std::reverse(all.begin(), all.end());
        ListPage page;
        if (query.count) page.total = all.size();
        std::uint64_t skip = query.skip;
        for (const auto& [place, row] : all) {
            const bool beyond =
                !query.after || (query.descending ? place < *query.after : place > *query.after);
            if (!beyond || (skip > 0 && skip--)) continue;
            if (page.rows.size() == query.rows_max) {
                page.more = true;
                break;
            }
            page.rows.push_back(*row);
        }
        return page;
    }

    const Schema& schema_;
    const State& state_;
};

class MemoryStore final : public Store {
public:
    MemoryStore(const Schema& schema, const StoreOptions& options) : schema_(schema) {
        state_.rows.resize(schema.resources.size());
        state_.ledger.self = options.node + '.' + options.incarnation;
        state_.ledger.origins.emplace(state_.ledger.self, OriginMark{});
        for (const Resource& resource : schema.resources)
            state_.ledger.digests.emplace(resource.id, Digest{});
    }
    std::unique_ptr<Writer> open_writer(asio::any_io_executor) override {
        return std::make_unique<MemoryWriter>(schema_, state_);
    }
    std::unique_ptr<Reader> open_reader(asio::any_io_executor) override {
        return std::make_unique<MemoryReader>(schema_, state_);
    }

private:
    const Schema schema_;
    State state_;
};

}  // namespace

std::unique_ptr<Store> open_memory(const Schema& schema, StoreOptions options) {
    return std::make_unique<MemoryStore>(schema, options);
}

std::unique_ptr<Store> copy_memory(const Store& store) {
    return std::make_unique<MemoryStore>(dynamic_cast<const MemoryStore&>(store));
}

}  // namespace reef::store
