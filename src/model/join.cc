#include "model/join.hpp"

#include <algorithm>
#include <tuple>

#include "model/value_text.hpp"

namespace reef::model {

namespace {

bool is_twin(const Row& row, const Dot& dot) {
    return std::any_of(row.twins.begin(), row.twins.end(),
                       [&dot](const Twin& twin) { return twin.dot == dot; });
}

// The tie of equal stamps (two stores that began with different rows): the larger canonical bytes.
bool has_larger_bytes(const Field& field, const Value& a, const Value& b) {
    if (a == b) return false;
    std::string left;
    std::string right;
    append_json(left, field, a);
    append_json(right, field, b);
    return left > right;
}

// True when `a` wins over `b` by (stamp, bytes).
bool later(const Field& field, const Cell& a, const Cell& b) {
    if (a.stamp != b.stamp) return a.stamp > b.stamp;
    return has_larger_bytes(field, a.value, b.value);
}

// True when `a` wins by the order of values, the stamp deciding between equal ones. Null loses.
bool higher(const Field& field, const Cell& a, const Cell& b) {
    if (a.value == b.value) return a.stamp > b.stamp;
    if (is_null(a.value) || is_null(b.value)) return is_null(b.value);
    return field.merge == Merge::min ? a.value < b.value : a.value > b.value;
}

void join_counter(std::vector<CounterPart>& here, const std::vector<CounterPart>& there) {
    for (const CounterPart& part : there) {
        const auto at = std::lower_bound(
            here.begin(), here.end(), part.origin,
            [](const CounterPart& p, const OriginId& origin) { return p.origin < origin; });
        if (at == here.end() || at->origin != part.origin) {
            here.insert(at, part);
        } else if (part.stamp > at->stamp || (part.stamp == at->stamp && part.total > at->total)) {
            *at = part;
        }
    }
}

void join_cells(const Resource& resource, Row& row, const Row& there) {
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        if (!resource.has_state(id)) continue;
        const Field& field = resource.fields[id];
        Cell& cell = row.cells[id];
        const Cell& other = there.cells[id];
        switch (field.merge) {
            case Merge::counter:
                join_counter(cell.parts, other.parts);
                break;
            case Merge::lww:
                if (later(field, other, cell)) cell = other;
                break;
            default:
                if (higher(field, other, cell)) cell = other;
        }
    }
}

// Fields of a newer schema: lww, as far as is known here. Those that know more heal it.
void join_unknown(std::vector<UnknownField>& here, const std::vector<UnknownField>& there) {
    for (const UnknownField& field : there) {
        const auto at = std::lower_bound(
            here.begin(), here.end(), field.name,
            [](const UnknownField& f, const std::string& name) { return f.name < name; });
        if (at == here.end() || at->name != field.name) {
            here.insert(at, field);
            continue;
        }
        join_counter(at->parts, field.parts);
        if (std::tie(field.stamp, field.value) > std::tie(at->stamp, at->value)) {
            at->stamp = field.stamp;
            at->value = field.value;
        }
    }
}

// What people wrote, as opposed to what each write sets by itself.
bool is_content(const Field& field) {
    return field.set == SetBy::client;
}

// A field clashes when each side's value comes from a write that the other side has not seen.
std::vector<FieldId> clashing_fields(const Resource& resource, const Row& a, const Row& b) {
    std::vector<FieldId> fields;
    for (FieldId id = 0; id < a.cells.size(); ++id) {
        const Field& field = resource.fields[id];
        if (!resource.has_state(id) || field.merge != Merge::lww || !is_content(field)) continue;
        const Cell& left = a.cells[id];
        const Cell& right = b.cells[id];
        if (left.value == right.value || left.stamp == right.stamp) continue;
        const bool seen = b.vector.covers(left.stamp.dot) || a.vector.covers(right.stamp.dot);
        if (!seen) fields.push_back(id);
    }
    return fields;
}

// Equal lives: fields. Different lives: the losing side holds a write that the winning life's side
// has not seen. Two deletes agree.
std::optional<Clash> find_clash(const Resource& resource, const Row& a, const Row& b) {
    if (a.vector.compare(b.vector) != Order::concurrent) return std::nullopt;
    if (a.life == b.life) {
        auto fields = clashing_fields(resource, a, b);
        if (fields.empty()) return std::nullopt;
        return Clash{Clash::Kind::fields, std::move(fields)};
    }
    if (!a.alive() && !b.alive()) return std::nullopt;
    return Clash{Clash::Kind::life, {}};
}

// Nothing was written in this life after the write that began it.
bool only_begun(const Row& row) {
    return latest_stamp(row) == row.life.stamp;
}

// The same fields, as far as people wrote them.
bool same_content(const Resource& resource, const Row& a, const Row& b) {
    for (FieldId id = 0; id < a.cells.size(); ++id) {
        const bool content = resource.has_state(id) && is_content(resource.fields[id]);
        if (content && a.cells[id].value != b.cells[id].value) return false;
    }
    return true;
}

// Where a request's second effect loses, nothing is lost: its first is there, or what followed
// that. Where it wins over its first, both say the same. But it may win over what followed its
// first, and both effects may lose together.
bool only_twins_lose(const Resource& resource, const Clash& clash, const Row& a, const Row& b,
                     const Row& joined) {
    const auto is_lost_twin = [&](const Row& lost, const Dot& dot) {
        return is_twin(joined, dot) &&
               only_twins_beyond((&lost == &a ? b : a).vector, lost.vector, joined.twins);
    };
    if (clash.kind == Clash::Kind::life) {
        const Row& lost = a.life < b.life ? a : b;
        const bool twins = is_twin(joined, a.life.stamp.dot) || is_twin(joined, b.life.stamp.dot);
        const bool same = twins && same_content(resource, a, b);
        return only_begun(lost) && (same || is_lost_twin(lost, lost.life.stamp.dot));
    }
    return std::all_of(clash.fields.begin(), clash.fields.end(), [&](FieldId id) {
        const Row& lost = joined.cells[id].stamp == a.cells[id].stamp ? b : a;
        return is_lost_twin(lost, lost.cells[id].stamp.dot);
    });
}

}  // namespace

void join_twins(std::vector<Twin>& here, const std::vector<Twin>& there) {
    for (const Twin& twin : there) {
        const auto at = std::lower_bound(here.begin(), here.end(), twin.dot,
                                         [](const Twin& t, const Dot& dot) { return t.dot < dot; });
        if (at == here.end() || at->dot != twin.dot) {
            here.insert(at, twin);
            continue;
        }
        if (at->deltas.empty()) at->life = twin.life;
        for (const auto& delta : twin.deltas) {  // a node of an older schema knows fewer of them
            const auto field = std::lower_bound(at->deltas.begin(), at->deltas.end(), delta);
            if (field == at->deltas.end() || *field != delta) at->deltas.insert(field, delta);
        }
    }
}

std::string_view name_of(Clash::Kind kind) {
    return kind == Clash::Kind::life ? "life" : "fields";
}

Joined join(const Resource& resource, const Row& here, const Row& there) {
    if (here.life.n == 0) return {there, true, std::nullopt};
    Joined joined{here, false, std::nullopt};
    Row& row = joined.row;
    if (there.life > here.life) {
        row.life = there.life;
        row.cells = there.cells;
        row.unknown = there.unknown;
    } else if (there.life == here.life) {
        join_unknown(row.unknown, there.unknown);
        join_cells(resource, row, there);
    }
    row.vector.join(there.vector);
    join_twins(row.twins, there.twins);
    joined.changed = row != here;
    joined.clash = find_clash(resource, here, there);
    if (joined.clash && only_twins_lose(resource, *joined.clash, here, there, row)) {
        joined.clash.reset();
    }
    return joined;
}

}  // namespace reef::model
