#include "store/postgres/load_commands.hpp"

#include "store/postgres/conflict_log.hpp"
#include "store/postgres/requests.hpp"
#include "store/postgres/row.hpp"

namespace reef::store::postgres {

namespace {

// The living rows that are not among those that could be locked.
void find_locked(const Answer& ours, const Resource& resource, const Standings& standings,
                 LoadResult& loaded) {
    std::set<Key> free;
    for (int at = 0; at < ours.rows(); ++at)
        free.insert(ours.key(at, 0, resource.key_field()));
    for (const auto& [ref, standing] : standings) {
        const bool held = standing.living && ref.resource == resource.id && !free.contains(ref.key);
        if (held) loaded.locked.insert(ref);
    }
}

}  // namespace

LoadCommands::LoadCommands(const Schema& schema, LoadRequest wanted)
    : schema_(schema),
      wanted_(std::move(wanted)),
      holders_(by_field(wanted_.holders)),
      referrers_(by_field(wanted_.referrers)) {
    for (const RecordRef& ref : wanted_.records) {
        const Type type = key_type(schema_[ref.resource].key_field());
        keys_.try_emplace(ref.resource, type).first->second.add_key(ref.key);
    }
    for (const RecordRef& ref : wanted_.candidates) {
        const Type type = key_type(schema_[ref.resource].key_field());
        candidates_.try_emplace(ref.resource, type).first->second.add_key(ref.key);
    }
}

// Refs to null are left out: no record holds null.
LoadCommands::ByField LoadCommands::by_field(const std::vector<FieldRef>& refs) const {
    ByField all;
    for (const FieldRef& ref : refs) {
        if (is_null(ref.value)) continue;
        const Field& field = schema_[ref.resource].fields[ref.field];
        const std::pair place{ref.resource, ref.field};
        Asked& asked = all.try_emplace(place, Asked{{}, Array{order_type(field)}}).first->second;
        asked.refs.push_back(&ref);
        asked.values.add_order(field, ref.value);
    }
    return all;
}

void LoadCommands::append_to(Commands& commands, const std::vector<RowStatements>& statements,
                             bool locked, bool conflicts) const {
    const auto ask = [&commands](const std::string& sql, const Array& values) {
        commands.push_back({sql, Parameters{}.add(values)});
    };
    for (const auto& [resource, keys] : keys_) {
        if (locked) ask(statements[resource].lock, keys);
        ask(statements[resource].find_several, keys);
        // Read after the rows: the captures of whatever wrote them are there by now.
        if (schema_[resource].captured) ask(statements[resource].find_captured, keys);
    }
    for (const auto& [place, asked] : holders_)
        ask(statements[place.first].by_field[place.second].find_several, asked.values);
    for (const auto& [place, asked] : referrers_)
        ask(statements[place.first].by_field[place.second].find_used, asked.values);
    for (const auto& [resource, keys] : candidates_)
        ask(statements[resource].find_taken, keys);
    if (!wanted_.requests.empty()) commands.push_back(find_requests(wanted_.requests));
    if (conflicts) append_conflicts(commands);
}

void LoadCommands::append_conflicts(Commands& commands) const {
    const std::set<RecordRef> once{wanted_.records.begin(), wanted_.records.end()};
    commands.push_back(open_conflicts(schema_, {once.begin(), once.end()}));
}

void LoadCommands::read_conflicts_of(const Answer& answer, LoadResult& loaded) const {
    for (Conflict& conflict : read_conflicts(schema_, answer))
        loaded.open_conflicts[conflict.record].push_back(std::move(conflict));
}

Result<void> LoadCommands::read(const Answers& answers, std::size_t first, bool locked,
                                bool conflicts, LoadResult& loaded, Found& found) const {
    found.records.clear();
    found.captured.clear();
    found.absent.clear();
    for (const RecordRef& ref : wanted_.records)
        found.records.emplace(ref, Standing{});
    for (const auto& [id, keys] : keys_) {
        const Resource& resource = schema_[id];
        const Answer* ours = locked ? &answers[first++] : nullptr;
        Buried buried;
        read_rows(answers[first++], resource, loaded, found.records, buried);
        if (ours) find_locked(*ours, resource, found.records, loaded);
        if (!resource.captured) continue;
        auto done = found.captured.emplace_back(resource).read(answers[first++], buried, loaded);
        if (!done) return done;
    }
    for (const auto& [place, asked] : holders_) {
        read_holders(answers[first++], schema_[place.first], asked, loaded);
    }
    for (const FieldRef& ref : wanted_.referrers)
        loaded.referrers.emplace(ref, false);
    for (const auto& [place, asked] : referrers_) {
        const Answer& answer = answers[first++];
        for (int row = 0; row < answer.rows(); ++row)
            loaded.referrers[*asked.refs[answer.natural(row, 0) - 1]] = true;
    }
    first = read_free(answers, first, loaded, found);
    if (!wanted_.requests.empty()) {
        auto done = read_requests(answers[first++], loaded, found);
        if (!done) return done;
    }
    if (conflicts) read_conflicts_of(answers[first], loaded);
    return {};
}

// Returns the place of the next answer.
std::size_t LoadCommands::read_free(const Answers& answers, std::size_t first, LoadResult& loaded,
                                    Found& found) const {
    loaded.free = {wanted_.candidates.begin(), wanted_.candidates.end()};
    for (const auto& candidates : candidates_) {
        const Resource& resource = schema_[candidates.first];
        const Answer& taken = answers[first++];
        for (int at = 0; at < taken.rows(); ++at)
            loaded.free.erase({resource.id, taken.key(at, 0, resource.key_field())});
    }
    for (const RecordRef& ref : loaded.free)
        found.records.emplace(ref, Standing{});
    return first;
}

Result<void> LoadCommands::read_requests(const Answer& answer, LoadResult& loaded,
                                         Found& found) const {
    found.absent = {wanted_.requests.begin(), wanted_.requests.end()};
    for (int row = 0; row < answer.rows(); ++row) {
        const RequestId& id = wanted_.requests[answer.natural(row, 0) - 1];
        found.absent.erase(id);
        auto seen = read_request(schema_, answer, row);
        if (!seen) return seen.error();
        if (*seen) loaded.requests.emplace(id, std::move(**seen));
    }
    return {};
}

// Where a record is in both tables, the living row counts.
void LoadCommands::read_rows(const Answer& answer, const Resource& resource, LoadResult& loaded,
                             Standings& standings, Buried& buried) const {
    const int mark = static_cast<int>(resource.fields.size()) + 3;
    for (int at = 0; at < answer.rows(); ++at) {
        StoredRow row = row_at(answer, at, resource);
        const RecordRef ref = row.row.ref();
        if (!row.readable()) {
            standings.erase(ref);  // what replaces it is written wherever it lies
            loaded.rows.erase(ref);
            const bool living = answer.text(at, mark + 1) == "t";
            loaded.unreadable.insert_or_assign(
                ref, Unreadable{std::move(row.unreadable), row.hash, living});
        } else if (loaded.unreadable.contains(ref)) {
            continue;  // its tombstone
        } else if (row.row.alive()) {
            standings[ref].living = answer.text(at, mark);
            loaded.rows.insert_or_assign(ref, std::move(row));
        } else {
            standings[ref].tombstone = true;
            if (resource.captured) buried.emplace(ref, row);
            loaded.rows.emplace(ref, std::move(row));
        }
    }
}

void LoadCommands::read_holders(const Answer& answer, const Resource& resource, const Asked& asked,
                                LoadResult& loaded) const {
    std::map<std::size_t, std::optional<StoredRow>> earliest;  // by place in the array
    for (int at = 0; at < answer.rows(); ++at) {
        keep_earlier(earliest[answer.natural(at, 0) - 1], row_at(answer, at, resource, 1));
    }
    for (const auto& [place, row] : earliest)
        loaded.holders.emplace(*asked.refs[place], row->row.key);
}

}  // namespace reef::store::postgres
