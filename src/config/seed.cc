#include "config/seed.hpp"

#include <algorithm>
#include <set>

#include "config/csv.hpp"
#include "config/file_text.hpp"
#include "config/spelling.hpp"
#include "model/value_text.hpp"

namespace reef::config {

namespace {

using model::Field;
using model::FieldId;
using model::FieldType;
using model::Resource;
using model::SetBy;
using model::Value;

// The time of a seed row, unless the file has one. Every node must load the same row.
constexpr Time seed_time{1'767'268'800'000'000};  // 2026-01-01T12:00:00Z

std::string stem_of(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    const std::string name = slash == std::string::npos ? file : file.substr(slash + 1);
    return name.substr(0, name.rfind('.'));
}

// The rows of one file, and its mistakes.
class SeedReader {
public:
    SeedReader(const Resource& resource, const std::string& file)
        : resource_(resource), file_(file) {}

    Result<std::vector<model::Row>> read(const std::vector<CsvRecord>& records) {
        if (records.empty()) {
            mistake(1, "the first line must name the fields");
        } else if (read_header(records[0])) {
            for (std::size_t i = 1; i < records.size(); ++i)
                read_row(records[i]);
        }
        if (mistakes_.empty()) return std::move(rows_);
        return Error{Errc::invalid, std::move(mistakes_)};
    }

private:
    bool read_header(const CsvRecord& header) {
        std::vector<std::string> names;
        for (const Field& field : resource_.fields)
            names.push_back(field.name);
        for (const CsvCell& cell : header.cells) {
            const auto id = resource_.find_field(cell.text);
            if (!id) {
                mistake(header.line,
                        "unknown field " + in_quotes(cell.text) + did_you_mean(cell.text, names));
            } else if (std::find(columns_.begin(), columns_.end(), *id) != columns_.end()) {
                mistake(header.line, "the field " + in_quotes(cell.text) + " stands here twice");
            }
            columns_.push_back(id.value_or(0));
        }
        for (FieldId id = 0; id < resource_.fields.size(); ++id) {
            const bool given = std::find(columns_.begin(), columns_.end(), id) != columns_.end();
            if (!given && !has_own_value(id)) {
                mistake(header.line, "the field " + in_quotes(names[id]) + " is missing");
            }
        }
        return mistakes_.empty();
    }

    // True when a row is complete without this field.
    bool has_own_value(FieldId id) const {
        const Field& field = resource_.fields[id];
        return field.type == FieldType::version || field.set == SetBy::on_create ||
               field.set == SetBy::on_write || field.nullable || field.default_value;
    }

    Value own_value(FieldId id) const {
        const Field& field = resource_.fields[id];
        if (field.type == FieldType::version) return std::int64_t{1};
        if (field.set == SetBy::on_create || field.set == SetBy::on_write) return seed_time.us;
        return field.default_value ? *field.default_value : Value{};
    }

    void read_row(const CsvRecord& record) {
        if (record.cells.size() != columns_.size()) {
            mistake(record.line, "has " + std::to_string(record.cells.size()) +
                                     " values, but the first line names " +
                                     std::to_string(columns_.size()) + " fields");
            return;
        }
        std::vector<Value> values(resource_.fields.size());
        for (FieldId id = 0; id < values.size(); ++id)
            values[id] = own_value(id);
        bool good = true;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const CsvCell& cell = record.cells[i];
            const Field& field = resource_.fields[columns_[i]];
            if (cell.text.empty() && !cell.quoted) {
                // An empty cell of a field with a default means null, if the field can be null.
                if (field.nullable) values[columns_[i]] = Value{};
                if (has_own_value(columns_[i])) continue;
            }
            auto value = model::read_text(field, cell.text);
            if (!value) {
                mistake(record.line, in_quotes(field.name) + ' ' + value.error().what);
                good = false;
                continue;
            }
            values[columns_[i]] = std::move(*value);
        }
        if (good) add_row(record.line, std::move(values));
    }

    void add_row(std::uint32_t line, std::vector<Value> values) {
        const Value& key_value = values[resource_.key];
        const auto key = model::key_from(resource_.key_field(), key_value);
        if (!key) return mistake(line, key.error().what);
        for (FieldId id = 0; id < values.size(); ++id) {
            const Field& field = resource_.fields[id];
            const bool single = id == resource_.key || field.unique;
            if (!single || model::is_null(values[id])) continue;
            if (!seen_.emplace(id, values[id]).second) {
                mistake(line, in_quotes(field.name) + " has the value of an earlier row: " +
                                  model::to_text(field, values[id]));
            }
        }
        std::uint64_t version = 1;
        if (resource_.version) {
            version =
                static_cast<std::uint64_t>(std::get<std::int64_t>(values[*resource_.version]));
        }
        rows_.push_back(model::base_row(resource_, *key, std::move(values), version));
    }

    void mistake(std::uint32_t line, const std::string& what) {
        constexpr int mistakes_max = 20;
        if (++count_ > mistakes_max) return;
        if (!mistakes_.empty()) mistakes_ += '\n';
        mistakes_ += file_ + ':' + std::to_string(line) + ": " + what;
    }

    const Resource& resource_;
    const std::string& file_;
    std::vector<FieldId> columns_;
    std::set<std::pair<FieldId, Value>> seen_;
    std::vector<model::Row> rows_;
    std::string mistakes_;
    int count_ = 0;
};

}  // namespace

Result<std::vector<model::Row>> read_seed(const model::Schema& schema, const std::string& file) {
    const Resource* resource = schema.find(stem_of(file));
    if (!resource && schema.resources.size() == 1) resource = &schema.resources[0];
    if (!resource) {
        return Error{Errc::invalid, file +
                                        ": is named after no resource of the app, and there are "
                                        "several: call it " +
                                        schema.resources[0].name + ".csv"};
    }
    const auto text = file_text(file);
    if (!text) return Error{Errc::invalid, file + ": cannot be read: " + text.error().what};
    const auto records = parse_csv(*text);
    if (!records) return Error{Errc::invalid, file + ':' + records.error().what};
    return SeedReader{*resource, file}.read(*records);
}

}  // namespace reef::config
