// Nodes without disk, network or threads: what a store would keep, in maps, driven through the real
// commit::Batch. Only what a batch asked for is loaded, as from a real store.
#pragma once

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "commit/batch.hpp"
#include "commit/id_allocation.hpp"
#include "model/change.hpp"

namespace reef::test {

// REEF_SEED, or what this test begins with; printed, so that a failure can be repeated.
inline std::uint64_t seed_of_this_run(std::uint64_t otherwise) {
    const char* given = std::getenv("REEF_SEED");
    const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : otherwise;
    std::cout << "REEF_SEED=" << seed << '\n';
    return seed;
}

inline model::Field field(std::string name, model::FieldType type) {
    model::Field made;
    made.name = std::move(name);
    made.type = type;
    return made;
}

// One record type with a field of each merge rule. `shown`: also a version and a time of the write.
inline model::Schema things(bool shown = true) {
    using namespace model;
    Resource things;
    things.name = "things";
    things.one = "thing";
    things.fields = {field("id", FieldType::text),    field("name", FieldType::text),
                     field("note", FieldType::text),  field("stock", FieldType::int64),
                     field("sold", FieldType::int32), field("high", FieldType::int64),
                     field("low", FieldType::int64),  field("stage", FieldType::lattice)};
    for (const std::size_t nullable : {2U, 5U, 6U})
        things.fields[nullable].nullable = true;
    things.fields[0].key = KeyKind::client;
    things.fields[3].merge = Merge::counter;
    things.fields[3].default_value = Value{std::int64_t{0}};
    things.fields[4].merge = Merge::counter;
    things.fields[4].min = Value{std::int64_t{0}};
    things.fields[4].default_value = Value{std::int64_t{0}};
    things.fields[5].merge = Merge::max;
    things.fields[6].merge = Merge::min;
    things.fields[7].merge = Merge::lattice;
    things.fields[7].order = {"new", "moving", "done", "lost"};
    things.fields[7].default_value = Value{std::int64_t{0}};
    if (shown) {
        things.fields.push_back(field("version", FieldType::version));
        things.fields.push_back(field("updated_at", FieldType::timestamp));
        things.fields[9].set = SetBy::on_write;
        things.version = FieldId{8};
    }
    Schema schema;
    schema.resources.push_back(std::move(things));
    return schema;
}

class Island {
public:
    Island(const model::Schema& schema, std::string origin) : schema_(schema) {
        ledger.self = std::move(origin);
        ledger.origins[ledger.self];
        batch_context.schema = schema.id();
        batch_context.has_peers = true;
    }

    // One batch of one piece of work.
    Result<commit::Done> take(const commit::Work& work) {
        store::LoadRequest wanted;
        commit::add_to_request(schema_, work, wanted);
        for (const auto& ref : begin(wanted)->lacks(work))
            wanted.records.push_back(ref);
        const auto batch = begin(wanted);
        auto done = batch->take(work);
        if (batch->changed()) save(batch->finish());
        return done;
    }

    // Loaded as often as it takes to find numbers for new records.
    std::unique_ptr<commit::Batch> begin(const store::LoadRequest& wanted) const {
        commit::SearchedNumbers searched;
        commit::NumberSearch numbers{schema_, batch_context.node_index, searched};
        for (;;) {
            store::LoadRequest asked = wanted;
            numbers.ask(asked);
            auto batch = std::make_unique<commit::Batch>(schema_, load(asked), batch_context);
            if (numbers.is_enough(*batch)) return batch;
        }
    }

    model::Outcome submit(const model::Intent& intent) {
        batch_context.now = intent.received;
        return std::get<model::Outcome>(take(commit::ClientWrite{intent}).value());
    }

    store::LoadResult load(const store::LoadRequest& wanted) const {
        store::LoadResult loaded;
        loaded.ledger = ledger;
        for (const auto& ref : wanted.records) {
            const auto found = rows.find(ref);
            if (found == rows.end()) continue;
            for (const auto& conflict : conflicts) {
                if (conflict.is_open() && conflict.record == ref)
                    loaded.open_conflicts[ref].push_back(conflict);
            }
            if (unreadable.contains(ref)) {
                const auto& [row, hash, why] = found->second;
                loaded.unreadable.emplace(ref, store::Unreadable{"damaged", hash, row.alive()});
            } else {
                loaded.rows.insert(*found);
            }
        }
        for (const auto& id : wanted.requests) {
            const auto found = requests.find(id);
            if (found != requests.end()) loaded.requests.insert(*found);
        }
        for (const auto& ref : wanted.holders) {
            if (const auto key = holder(ref)) loaded.holders.emplace(ref, *key);
        }
        for (const auto& ref : wanted.referrers)
            loaded.referrers.emplace(ref, holder(ref).has_value());
        for (const auto& ref : wanted.candidates) {
            if (!rows.contains(ref)) loaded.free.insert(ref);
        }
        return loaded;
    }

    void save(store::WriteSet saved) {
        ledger = std::move(saved.ledger);
        for (auto& [row, hash] : saved.rows) {
            const model::RecordRef ref = row.ref();
            rows[ref] = {std::move(row), hash};
        }
        for (const auto& ref : saved.erased)
            rows.erase(ref);
        letters.insert(letters.end(), std::make_move_iterator(saved.dead_letters.begin()),
                       std::make_move_iterator(saved.dead_letters.end()));
        for (auto& entry : saved.log) {
            auto& entries = log[entry.dot.origin];
            entries.push_back(std::move(entry));
        }
        for (auto& [id, seen] : saved.requests)
            requests.insert_or_assign(id, std::move(seen));
        for (auto& conflict : saved.conflicts) {
            auto* known = listed(conflict.id);
            if (known) known->detail = conflict.detail;
            if (!known) conflicts.push_back(std::move(conflict));
        }
        for (auto& event : saved.events)
            events.try_emplace(event.stamp, event);
        for (const auto& twin : saved.twin_events)
            events.erase(twin);
        for (const auto& [id, by] : saved.settled_conflicts)
            listed(id)->settled = by;
    }

    model::Conflict* listed(const std::string& id) {
        const auto same = [&id](const model::Conflict& one) { return one.id == id; };
        const auto found = std::find_if(conflicts.begin(), conflicts.end(), same);
        return found == conflicts.end() ? nullptr : &*found;
    }

    // Entries (first … first + count - 1) of an origin's log, as a peer would send them.
    commit::ChangeRun run_of(const std::string& origin, std::uint64_t first,
                             std::size_t count) const {
        commit::ChangeRun run;
        const auto found = log.find(origin);
        if (found == log.end()) return run;
        for (std::size_t i = first - 1; i < found->second.size() && run.entries.size() < count;
             ++i) {
            const std::string& json = found->second[i].json;
            run.entries.push_back({model::parse_change(schema_, json).value(), json});
        }
        return run;
    }

    const model::Row* row(const model::Key& key, model::ResourceId resource = 0) const {
        const auto found = rows.find({resource, key});
        return found == rows.end() ? nullptr : &found->second.row;
    }

    std::uint64_t received(const std::string& origin) const {
        const auto found = ledger.origins.find(origin);
        return found == ledger.origins.end() ? 0 : found->second.received;
    }

    // All rows, canonical, in key order: what must be equal everywhere in the end.
    std::string text() const {
        std::string all;
        for (const auto& [ref, stored] : rows) {
            model::append_row_json(all, schema_[ref.resource], stored.row);
            all += '\n';
        }
        return all;
    }

    store::Ledger ledger;
    std::map<model::RecordRef, store::StoredRow> rows;
    std::map<model::RequestId, model::RequestSeen> requests;
    std::map<std::string, std::vector<store::LogEntry>> log;
    std::vector<model::Conflict> conflicts;
    std::vector<store::DeadLetter> letters;
    std::map<model::Stamp, model::Event> events;
    std::set<model::RecordRef> unreadable;  // of the rows
    commit::BatchContext batch_context;

private:
    std::optional<model::Key> holder(const model::FieldRef& ref) const {
        for (const auto& [record, stored] : rows) {
            if (record.resource == ref.resource && stored.row.alive() &&
                stored.row.cells[ref.field].value == ref.value) {
                return record.key;
            }
        }
        return std::nullopt;
    }

    const model::Schema& schema_;
};

}  // namespace reef::test
