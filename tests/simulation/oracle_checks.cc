// What the oracle finds wrong in the end.
#include <algorithm>
#include <set>

#include "inspect.hpp"
#include "model/record_json.hpp"
#include "model/value_text.hpp"
#include "oracle.hpp"

namespace reef::simulation {

using namespace model;

namespace {

// What the rows say is in conflict now, by ids.
std::set<std::string> conflicts_now(const Schema& schema,
                                    const std::vector<store::StoredRow>& rows) {
    std::map<FieldRef, int> holders;
    std::map<RecordRef, const Row*> by_ref;
    std::set<std::string> ids;
    for (const store::StoredRow& stored : rows) {
        const Row& row = stored.row;
        const Resource& resource = schema[row.resource];
        by_ref[row.ref()] = &row;
        for (FieldId id = 0; row.alive() && id < resource.fields.size(); ++id) {
            const Field& field = resource.fields[id];
            const bool shared = field.unique || !field.refers_to.empty();
            if (shared && !is_null(row.cells[id].value))
                ++holders[{row.resource, id, row.cells[id].value}];
            if (shortfall(resource, row, id)) ids.insert(counter_shortfall(resource, row, id).id);
        }
    }
    for (const auto& [ref, count] : holders) {
        const Resource& resource = schema[ref.resource];
        const Field& field = resource.fields[ref.field];
        if (field.unique && count > 1)
            ids.insert(shared_value(resource, ref.field, ref.value, {}).id);
        const Resource* target_of =
            field.refers_to.empty() ? nullptr : schema.find(field.refers_to);
        if (!target_of) continue;
        const auto key = key_from(target_of->key_field(), ref.value);
        const auto target = key ? by_ref.find({target_of->id, *key}) : by_ref.end();
        if (target != by_ref.end() && !target->second->alive())
            ids.insert(buried_target(target->first, *target_of, resource, ref.field).id);
    }
    return ids;
}

}  // namespace

std::string Oracle::name(const RecordRef& record) const {
    return schema_[record.resource].name + '/' + to_text(record.key);
}

std::string Oracle::name(const Effect& effect) const {
    return 'r' + std::to_string(effect.request) + " (" + effect.dot.origin + ':' +
           std::to_string(effect.dot.seq) + ')';
}

std::map<RecordRef, Oracle::Final> Oracle::finals(const std::vector<store::Store*>& stores) const {
    std::map<RecordRef, Final> all;
    for (store::StoredRow& stored : rows_of(*stores.front(), schema_)) {
        const RecordRef record = stored.row.ref();
        all[record].row = std::move(stored.row);
    }
    for (store::Store* store : stores) {
        for (const store::Conflict& conflict : conflicts_of(*store))
            all[conflict.record].conflicts += conflict.detail;
    }
    for (const Effect& effect : effects_)
        all[effect.change.row.ref()].effects.push_back(&effect);
    return all;
}

void Oracle::check(const std::vector<store::Store*>& stores) {
    check_acknowledged(stores);
    check_locks();
    const auto all = finals(stores);
    check_creations(all);
    check_conflicts(stores);
    check_unique_values(all);
    for (const auto& [record, final] : all) {
        check_version(record, final);
        check_fields(record, final);
        check_one_winner(record, final);
    }
}

// What is so now each store lists, and nothing else of the kind. Of the other conflicts each is
// one: whoever lists it names the same write.
void Oracle::check_conflicts(const std::vector<store::Store*>& stores) {
    std::map<std::string, std::pair<RecordRef, Dot>> known;
    for (std::size_t i = 0; i < stores.size(); ++i) {
        std::set<std::string> now;
        for (const Conflict& conflict : conflicts_of(*stores[i])) {
            if (is_of_now(conflict)) {
                now.insert(conflict.id);
                continue;
            }
            const std::pair what{conflict.record, conflict.lost};
            if (known.try_emplace(conflict.id, what).first->second != what)
                fail("conflict " + conflict.id + " is not one on " + name(conflict.record));
        }
        if (now != conflicts_now(schema_, rows_of(*stores[i], schema_))) {
            fail("store " + std::to_string(i) + " lists " + std::to_string(now.size()) +
                 " conflicts of now, and its rows say otherwise");
        }
    }
}

// The change is in every log, and of one request in one origin's log there is one.
void Oracle::check_acknowledged(const std::vector<store::Store*>& stores) {
    std::vector<std::set<std::size_t>> logged;
    for (store::Store* store : stores) {
        std::set<std::size_t>& requests = logged.emplace_back();
        for (const store::LogEntry& entry : log_of(*store)) {
            const auto known = by_dot_.find(entry.dot);
            if (known != by_dot_.end()) requests.insert(effects_[known->second].request);
        }
    }
    for (const auto& asked : asked_) {
        if (!asked->acknowledged) continue;
        for (std::size_t i = 0; i < stores.size(); ++i) {
            if (!logged[i].contains(asked->number)) {
                fail("r" + std::to_string(asked->number) + " on " + name(asked->record) +
                     " was acknowledged and is lost in store " + std::to_string(i));
            }
        }
    }
    std::map<std::pair<OriginId, std::size_t>, const Effect*> first;
    for (const Effect& effect : effects_) {
        const auto [other, fresh] = first.try_emplace({effect.dot.origin, effect.request}, &effect);
        if (!fresh) fail(name(effect) + " took effect there as " + name(*other->second) + " too");
    }
}

// Of the writes that name one version, one succeeds in a region; and it saw what its client saw.
void Oracle::check_locks() {
    std::map<std::tuple<std::size_t, RecordRef, std::uint64_t>, const Effect*> winners;
    for (const Effect& effect : effects_) {
        const Asked& asked = *asked_[effect.request];
        const RecordRef record = effect.change.row.ref();
        if (asked.version) {
            const auto [other, fresh] =
                winners.try_emplace({effect.node, record, *asked.version}, &effect);
            if (!fresh && other->second->request != effect.request) {
                fail(name(record) + ": version " + std::to_string(*asked.version) +
                     " was taken twice in " + names_[effect.node] + ", by " + name(*other->second) +
                     " and " + name(effect));
            }
        }
        // Who names a record that was taken back writes to the one that stayed.
        const bool redirected = record != asked.record;
        if (!asked.seen || asked.moved || redirected || !effect.exact) continue;
        std::set<std::size_t> seen;  // a request's second effect adds nothing
        for (const std::size_t number : *asked.seen)
            seen.insert(effects_[number].request);
        std::string unseen;
        for (const std::size_t cause : effect.causes) {
            if (!seen.contains(effects_[cause].request)) unseen += ' ' + name(effects_[cause]);
        }
        if (unseen.empty()) continue;
        fail(name(record) + ": " + name(effect) + " overwrote what it had not seen:" + unseen);
    }
}

// A request makes one record, and whoever asks for another that it had made finds that one.
void Oracle::check_creations(const std::map<RecordRef, Final>& finals) {
    std::map<std::size_t, std::vector<const Effect*>> made;
    for (const Effect& effect : effects_) {
        if (asked_[effect.request]->new_key) made[effect.request].push_back(&effect);
    }
    for (auto& [request, effects] : made) {
        std::sort(effects.begin(), effects.end(), [](const Effect* a, const Effect* b) {
            return a->change.stamp < b->change.stamp;
        });
        const Key stays = effects.front()->change.row.key;
        for (const Effect* effect : effects) {
            RecordRef record = effect->change.row.ref();
            while (!finals.at(record).row.alive() && finals.at(record).row.life.superseded_by)
                record.key = *finals.at(record).row.life.superseded_by;
            if (record.key == stays) continue;
            fail(name(effect->change.row.ref()) + " was made beside " + to_text(stays) + " by " +
                 name(*effect) + ", and leads to " + name(record));
        }
    }
}

// Of those who have a value that is unique over all nodes, all but one say that its home was
// silent.
void Oracle::check_unique_values(const std::map<RecordRef, Final>& finals) {
    if (restored_) return;
    std::map<FieldRef, std::vector<const Effect*>> unflagged;
    for (const auto& [record, final] : finals) {
        const auto& fields = schema_[record.resource].fields;
        for (FieldId id = 0; final.row.alive() && id < fields.size(); ++id) {
            const Cell& cell = final.row.cells[id];
            const auto by = by_dot_.find(cell.stamp.dot);
            if (!fields[id].unique_at_home || by == by_dot_.end()) continue;
            const Effect& effect = effects_[by->second];
            if (effect.change.in_stead.empty())
                unflagged[{record.resource, id, cell.value}].push_back(&effect);
        }
    }
    for (const auto& [value, effects] : unflagged) {
        if (effects.size() < 2) continue;
        fail(name(effects[0]->change.row.ref()) + " and " + name(effects[1]->change.row.ref()) +
             " both have " + to_text(schema_[value.resource].fields[value.field], value.value) +
             ", by " + name(*effects[0]) + " and " + name(*effects[1]));
    }
}

void Oracle::check_version(const RecordRef& record, const Final& final) {
    std::set<std::size_t> requests;
    for (const Effect* effect : final.effects)
        requests.insert(effect->request);
    const std::uint64_t seeded = seeded_.contains(record) ? 1 : 0;
    if (distinct_writes(final.row) != seeded + requests.size()) {
        fail(name(record) + " ends with " + std::to_string(distinct_writes(final.row)) +
             " distinct writes after " + std::to_string(seeded + requests.size()));
    }
    const std::uint64_t writes = seeded + final.effects.size();
    const std::uint64_t twins = final.effects.size() - requests.size();
    const std::uint64_t version = version_of(final.row);
    if (version < writes || version > writes + twins) {
        fail(name(record) + " ends with version " + std::to_string(version) + " after " +
             std::to_string(writes) + " writes, twins among them: " + std::to_string(twins));
    }
}

// Of two writes that did not know of each other one says that it was made in the home's stead. Not
// where the record was made anew meanwhile: then each life has a home of its own.
void Oracle::check_one_winner(const RecordRef& record, const Final& final) {
    const Resource& resource = schema_[record.resource];
    if (resource.write != WritePolicy::home) return;
    const auto judged = [](const Effect& effect) {
        const RequestMark& mark = effect.change.request;
        return effect.exact && effect.change.kind != WriteKind::create &&
               !(mark.ids.empty() && mark.attempt.empty());
    };
    const auto life_of = [](const Effect& effect) {
        return effect.change.row.life.n - (effect.change.kind == WriteKind::remove ? 1 : 0);
    };
    const auto home_of = [&resource](const Effect& effect) {
        return effect.change.row.cells[*resource.home];
    };
    const auto knew = [this](const Effect& effect, const Effect& of) {
        return effect.causes.contains(static_cast<std::size_t>(&of - effects_.data()));
    };
    for (const Effect* a : final.effects) {
        for (const Effect* b : final.effects) {
            if (b <= a || !judged(*a) || !judged(*b) || a->node == b->node) continue;
            if (a->request == b->request || life_of(*a) != life_of(*b)) continue;
            if (!(home_of(*a) == home_of(*b)) || knew(*a, *b) || knew(*b, *a)) continue;
            if (a->change.in_stead.empty() && b->change.in_stead.empty()) {
                fail(name(record) + ": " + name(*a) + " and " + name(*b) +
                     " both won, and neither in the home's stead");
            }
        }
    }
}

// A number that a store has shown for a record never comes back for another state of it.
void Oracle::check_shown(std::size_t node, const Row& row) {
    std::string text = row.alive() ? "" : "gone: ";
    append_record(text, schema_[row.resource], row, {});
    const std::uint64_t version = version_of(row);
    const auto [shown, fresh] = shown_.try_emplace({node, row.ref(), version}, text);
    if (fresh || shown->second == text) return;
    fail(names_[node] + " shows another " + name(row.ref()) + " as version " +
         std::to_string(version) + ": " + text + " after " + shown->second);
    shown->second = std::move(text);
}

void Oracle::check_fields(const RecordRef& record, const Final& final) {
    const Resource& resource = schema_[record.resource];
    for (FieldId field = 0; field < resource.fields.size(); ++field) {
        const Field& declared = resource.fields[field];
        if (!resource.has_state(field) || declared.set != SetBy::client) continue;
        if (declared.merge == Merge::lww) {
            check_lww(record, final, field);
        } else if (!final.row.alive()) {
            continue;  // what it added up to went with it
        } else if (declared.merge == Merge::counter) {
            check_counter(record, final, field);
        } else if (declared.merge != Merge::min) {
            check_highest(record, final, field);
        }
    }
}

// Somebody who knew the request's write to the field (one effect of it, or all) wrote the field
// again, or deleted the record.
bool Oracle::seen_by_another(const Final& final, std::size_t request, FieldId field,
                             bool all) const {
    const auto is_one = [this, request](std::size_t effect) {
        return effects_[effect].request == request;
    };
    const auto wanted =
        all ? std::count_if(final.effects.begin(), final.effects.end(),
                            [request](const auto* effect) { return effect->request == request; })
            : 1;
    for (const Effect* later : final.effects) {
        if (later->request == request) continue;
        const auto& written = later->change.written;
        const bool same = later->change.kind != WriteKind::update ||
                          std::find(written.begin(), written.end(), field) != written.end();
        if (!same || (all && !later->exact)) continue;
        const auto& causes = later->causes;
        if (std::count_if(causes.begin(), causes.end(), is_one) >= wanted) return true;
    }
    return false;
}

// Values are unique. Whatever was written is there, or was overwritten by one who knew, or is
// listed.
// By several requests: then nobody can tell whose it is.
bool Oracle::is_written_twice(const Final& final, FieldId field, const Value& value) {
    std::set<std::size_t> requests;
    for (const Effect* effect : final.effects) {
        const Change& change = effect->change;
        const auto& written = change.written;
        const bool names = std::find(written.begin(), written.end(), field) != written.end();
        if (names && change.row.cells[field].value == value) requests.insert(effect->request);
    }
    return requests.size() > 1;
}

void Oracle::check_lww(const RecordRef& record, const Final& final, FieldId field) {
    const Field& declared = schema_[record.resource].fields[field];
    for (const Effect* effect : final.effects) {
        const auto& written = effect->change.written;
        if (std::find(written.begin(), written.end(), field) == written.end()) continue;
        const Value& value = effect->change.row.cells[field].value;
        if (is_null(value) || is_written_twice(final, field, value)) continue;
        std::string text = '"' + declared.name + "\":";
        append_json(text, declared, value);
        const bool seen = seen_by_another(final, effect->request, field, false);
        const bool ends = final.row.alive() && final.row.cells[field].value == value;
        if (ends && seen_by_another(final, effect->request, field, true)) {
            fail(name(record) + ": " + text + " of " + name(*effect) +
                 " was overwritten by one who knew it, and is back");
        }
        const bool listed = final.conflicts.find(text + ',') != std::string::npos ||
                            final.conflicts.find(text + '}') != std::string::npos;
        if (!ends && !seen && !listed) {
            fail(name(record) + ": " + text + " of " + name(*effect) + " is gone without a trace");
        }
    }
}

// Two creates apart are two lives, of which one lasts: what was added in the other is listed. The
// first effect of each request counts, once.
void Oracle::check_counter(const RecordRef& record, const Final& final, FieldId field) {
    std::map<std::size_t, const Effect*> firsts;
    for (const Effect* effect : final.effects) {
        if (effect->change.row.life != final.row.life) continue;
        const Effect*& first = firsts[effect->request];
        if (!first || effect->change.stamp < first->change.stamp) first = effect;
    }
    std::int64_t sum = 0;
    for (const auto& [request, effect] : firsts) {
        for (const auto& [id, added] : effect->change.added) {
            if (id == field) sum += added;
        }
    }
    if (counter_sum(final.row, field) != sum) {
        fail(name(record) + ": " + schema_[record.resource].fields[field].name + " ends as " +
             std::to_string(counter_sum(final.row, field)) + ", " + std::to_string(sum) +
             " was added");
    }
}

// A lattice or a maximum ends at the highest value that was written in this life.
void Oracle::check_highest(const RecordRef& record, const Final& final, FieldId field) {
    Value highest;
    for (const Effect* effect : final.effects) {
        if (effect->change.row.life != final.row.life) continue;
        const Value& value = effect->change.row.cells[field].value;
        if (is_null(highest) || (!is_null(value) && highest < value)) highest = value;
    }
    if (is_null(highest) || final.row.cells[field].value == highest) return;
    fail(name(record) + ": " + schema_[record.resource].fields[field].name +
         " does not end at the highest value that was written");
}

}  // namespace reef::simulation
