#include "store_contract.hpp"

#include "model/row_hash.hpp"
#include "model/value_text.hpp"

namespace reef::store::test {

namespace {

Field field_of(std::string name, FieldType type, bool nullable = true) {
    Field field;
    field.name = std::move(name);
    field.type = type;
    field.nullable = nullable;
    return field;
}

Field decimal_of(std::string name, int precision, int scale, bool nullable) {
    Field field = field_of(std::move(name), FieldType::decimal, nullable);
    field.precision = precision;
    field.scale = scale;
    return field;
}

Resource make_things() {
    Resource resource;
    resource.id = thing;
    resource.name = resource.table = "things";
    resource.one = "thing";
    auto& fields = resource.fields;
    fields.resize(things::field_count);
    fields[things::id] = field_of("id", FieldType::int64, false);
    fields[things::id].key = KeyKind::slots;
    fields[things::price] = decimal_of("price", 12, 2, false);
    fields[things::price].min = Value{std::int64_t{0}};
    fields[things::big] = decimal_of("big", 18, 4, true);
    fields[things::count] = field_of("count", FieldType::int32);
    fields[things::total] = field_of("total", FieldType::int64, false);
    fields[things::total].default_value = Value{std::int64_t{0}};
    fields[things::ratio] = field_of("ratio", FieldType::floating);
    fields[things::flag] = field_of("flag", FieldType::boolean);
    fields[things::title] = field_of("title", FieldType::text);
    fields[things::title].text_max = 40;
    fields[things::title].index = true;
    fields[things::at] = field_of("at", FieldType::timestamp);
    fields[things::uid] = field_of("uid", FieldType::uuid);
    fields[things::doc] = field_of("doc", FieldType::json);
    fields[things::status] = field_of("status", FieldType::lattice, false);
    fields[things::status].order = {"created", "in_transit", "delivered", "cancelled"};
    fields[things::status].merge = Merge::lattice;
    fields[things::status].default_value = Value{std::int64_t{0}};
    fields[things::version] = field_of("version", FieldType::version, false);
    resource.key = things::id;
    resource.version = things::version;
    resource.sort = {things::price, things::big, things::count,  things::ratio,
                     things::title, things::at,  things::status, things::version};
    return resource;
}

Resource make_notes() {
    Resource resource;
    resource.id = note;
    resource.name = "notes";
    resource.table = "Note";
    resource.one = "note";
    auto& fields = resource.fields;
    fields.resize(notes::field_count);
    fields[notes::id] = field_of("id", FieldType::text, false);
    fields[notes::id].key = KeyKind::client;
    fields[notes::id].text_max = 128;
    fields[notes::stock] = field_of("stock", FieldType::int32, false);
    fields[notes::stock].merge = Merge::counter;
    fields[notes::stock].min = Value{std::int64_t{0}};
    fields[notes::code] = field_of("code", FieldType::text, false);
    fields[notes::code].unique = true;
    fields[notes::thing] = field_of("thing", FieldType::int64);
    fields[notes::thing].refers_to = "things";
    resource.key = notes::id;
    resource.sort = {notes::code, notes::stock};
    return resource;
}

Row made(const Resource& resource, Key key, std::uint64_t n) {
    Row row;
    row.resource = resource.id;
    row.key = std::move(key);
    row.life = {1, stamp_of(n)};
    row.vector.add_write(self, n);
    row.cells.resize(resource.fields.size());
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        if (!resource.has_state(id)) continue;
        if (resource.fields[id].merge != Merge::counter) row.cells[id].stamp = row.life.stamp;
    }
    return row;
}

}  // namespace

Schema contract_schema() {
    Schema schema;
    schema.resources = {make_things(), make_notes()};
    return schema;
}

Stamp stamp_of(std::uint64_t n, const OriginId& origin) {
    return {Time{1767268800000000 + static_cast<std::int64_t>(n) * 1000}, {origin, n}};
}

Row make_thing(std::int64_t id, std::uint64_t n) {
    static const Resource resource = make_things();
    Row row = made(resource, Key{id}, n);
    row.cells[things::price].value = Value{id % 1'000'000 * 100};
    row.cells[things::total].value = Value{id};
    row.cells[things::status].value = Value{std::int64_t{0}};
    return row;
}

Row make_note(std::string id, std::string code, std::optional<std::int64_t> of, std::uint64_t n) {
    static const Resource resource = make_notes();
    Row row = made(resource, Key{std::move(id)}, n);
    row.cells[notes::code].value = Value{std::move(code)};
    if (of) row.cells[notes::thing].value = Value{*of};
    row.cells[notes::stock].parts = {{self, 5, stamp_of(n)}};
    return row;
}

Row removed(Row row, std::uint64_t n) {
    ++row.life.n;
    row.life.stamp = stamp_of(n);
    row.vector.add_write(self, n);
    return row;
}

LogEntry entry_of(const OriginId& origin, std::uint64_t seq, std::size_t bytes) {
    std::string json = "{\"seq\":" + std::to_string(seq) + ",\"x\":\"";
    json.resize(std::max(bytes - 2, json.size()), 'x');
    json += "\"}";
    return {{origin, seq}, stamp_of(seq).time, json, chain(Hash128{seq, 1}, json)};
}

Hash128 hash_of_row(const Schema& schema, const Row& row) {
    return row_hash(schema[row.resource], row);
}

std::string shown(const Schema& schema, const Row& row) {
    const Resource& resource = schema[row.resource];
    std::string text = resource.name + '/' + to_text(row.key) + ' ' + to_text(row.vector) + ' ' +
                       state_json(resource, row);
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        text += ' ' + resource.fields[id].name + '=';
        append_json(text, resource.fields[id], value_of(resource, row, id));
    }
    return text;
}

StoreContract::StoreContract() {
    reopen();
}

void StoreContract::reopen() {
    reader_.reset();
    writer_.reset();
    store_.reset();
    store_ = place_->open(schema_);
    writer_ = store_->open_writer(context_.get_executor());
    reader_ = store_->open_reader(context_.get_executor());
}

LoadResult StoreContract::begin(LoadRequest wanted) {
    return value_of_task(writer_->begin(std::move(wanted)));
}

Result<void> StoreContract::commit(WriteSet saved) {
    return run(writer_->commit(std::move(saved)));
}

Result<void> StoreContract::save(std::vector<Row> rows) {
    LoadRequest wanted;
    for (const Row& row : rows)
        wanted.records.push_back(row.ref());
    WriteSet saved;
    saved.ledger = begin(std::move(wanted)).ledger;
    for (Row& row : rows) {
        const Hash128 hash = hash_of_row(schema_, row);
        saved.rows.push_back({std::move(row), hash});
    }
    return commit(std::move(saved));
}

Result<void> StoreContract::save_log(std::vector<LogEntry> entries) {
    WriteSet saved;
    saved.ledger = begin().ledger;
    for (const LogEntry& entry : entries) {
        OriginMark& mark = saved.ledger.origins[entry.dot.origin];
        mark = {entry.dot.seq, entry.dot.seq, entry.hash};
    }
    saved.log = std::move(entries);
    return commit(std::move(saved));
}

Result<void> StoreContract::save_events(std::vector<Event> events, std::vector<Stamp> twins) {
    WriteSet saved;
    saved.ledger = begin().ledger;
    for (const Event& event : events)
        saved.ledger.origins[event.stamp.dot.origin];
    saved.events = std::move(events);
    saved.twin_events = std::move(twins);
    return commit(std::move(saved));
}

std::vector<Event> StoreContract::events(EventQuery query) {
    return value_of_task(reader_->events(std::move(query)));
}

std::vector<std::uint64_t> StoreContract::event_numbers(EventQuery query) {
    std::vector<std::uint64_t> numbers;
    for (const Event& event : events(std::move(query)))
        numbers.push_back(event.stamp.dot.seq);
    return numbers;
}

std::optional<Row> StoreContract::get(RecordRef ref) {
    return value_of_task(reader_->get(std::move(ref)));
}

ListPage StoreContract::list(ListQuery query) {
    return value_of_task(reader_->list(std::move(query)));
}

std::vector<std::pair<OriginId, std::uint64_t>> StoreContract::dots_after(Position after,
                                                                          ScanLimits limits) {
    std::vector<std::pair<OriginId, std::uint64_t>> dots;
    for (const LogEntry& entry : value_of_task(reader_->changes_after(std::move(after), limits)))
        dots.emplace_back(entry.dot.origin, entry.dot.seq);
    return dots;
}

void StoreContract::expect_stored(const Row& row) {
    const auto read = get(row.ref());
    ASSERT_TRUE(read) << shown(schema_, row);
    EXPECT_EQ(shown(schema_, *read), shown(schema_, row));
    EXPECT_TRUE(*read == row) << shown(schema_, row);
    const LoadResult loaded = begin({{row.ref()}, {}, {}, {}});
    run(writer_->release());
    const auto found = loaded.rows.find(row.ref());
    ASSERT_NE(found, loaded.rows.end());
    EXPECT_TRUE(found->second.row == row) << shown(schema_, found->second.row);
    EXPECT_EQ(found->second.hash, hash_of_row(schema_, row));
}

}  // namespace reef::store::test
