#include "config/field_type.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "config/section.hpp"

namespace reef::config {

namespace {

using model::Field;
using model::FieldType;

const Choices<FieldType> types{{"bool", FieldType::boolean},        {"int32", FieldType::int32},
                               {"int64", FieldType::int64},         {"float", FieldType::floating},
                               {"decimal", FieldType::decimal},     {"text", FieldType::text},
                               {"timestamp", FieldType::timestamp}, {"uuid", FieldType::uuid},
                               {"json", FieldType::json},           {"lattice", FieldType::lattice},
                               {"version", FieldType::version}};

// "12, 2" → {12, 2}; absent when it is no list of numbers.
std::optional<std::vector<int>> numbers_in(std::string_view text) {
    std::vector<int> numbers;
    for (;;) {
        while (text.starts_with(' '))
            text.remove_prefix(1);
        int number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec != std::errc{} || number < 0) return std::nullopt;
        numbers.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
        while (text.starts_with(' '))
            text.remove_prefix(1);
        if (text.empty()) return numbers;
        if (!text.starts_with(',')) return std::nullopt;
        text.remove_prefix(1);
    }
}

// "" when the sizes fit the type, else what is wrong with them.
std::string take_sizes(Field& field, const std::vector<int>& sizes) {
    if (field.type == FieldType::text) {
        constexpr int characters_max = 1'000'000;
        if (sizes.size() != 1 || sizes[0] < 1 || sizes[0] > characters_max) {
            return "a text's length is one number from 1 to 1000000: text(200)";
        }
        field.text_max = static_cast<std::uint32_t>(sizes[0]);
        return "";
    }
    if (field.type == FieldType::decimal) {
        constexpr int precision_max = 18;
        const bool fits =
            sizes.size() == 2 && sizes[0] >= 1 && sizes[0] <= precision_max && sizes[1] <= sizes[0];
        if (!fits)
            return "a decimal has up to 18 digits, and how many of them are decimals: "
                   "decimal(12,2)";
        field.precision = sizes[0];
        field.scale = sizes[1];
        return "";
    }
    return "only text and decimal have a size";
}

}  // namespace

bool is_number(FieldType type) {
    return type == FieldType::int32 || type == FieldType::int64 || type == FieldType::floating ||
           type == FieldType::decimal || type == FieldType::version;
}

std::string take_type(Field& field, std::string_view text) {
    if (text.ends_with('?')) {
        field.nullable = true;
        text.remove_suffix(1);
    }
    const std::size_t open = std::min(text.find('('), text.size());
    const std::string_view word = text.substr(0, open);
    std::vector<std::string> words;
    const FieldType* found = nullptr;
    for (const auto& [name, type] : types) {
        words.push_back(name);
        if (name == word) found = &type;
    }
    if (!found) {
        const std::string meant = did_you_mean(word, words);
        std::string all;
        for (const std::string& known : words)
            all += (all.empty() ? "" : ", ") + known;
        return "unknown type " + in_quotes(word) + (meant.empty() ? "; there are " + all : meant);
    }
    field.type = *found;
    if (open == text.size()) {
        return field.type == FieldType::decimal ? take_sizes(field, {}) : "";
    }
    if (!text.ends_with(')')) return in_quotes(text) + " has no closing \")\"";
    const auto sizes = numbers_in(text.substr(open + 1, text.size() - open - 2));
    return take_sizes(field, sizes.value_or(std::vector<int>{}));
}

std::string wrong_with_name(std::string_view name) {
    constexpr std::size_t name_max = 63;  // PostgreSQL cuts longer ones
    const bool formed = !name.empty() && is_made_of_letters_digits_and("_", name) &&
                        (name[0] < '0' || name[0] > '9') && name.size() <= name_max;
    if (!formed) return "must be letters, digits and \"_\", up to 63, and begin with a letter";
    const std::string lower = lower_case(name);
    if (lower.starts_with("atoll_")) return "must not begin with \"atoll_\": Atoll's own do";
    if (lower.starts_with("sqlite_")) return "must not begin with \"sqlite_\": SQLite's own do";
    return "";
}

}  // namespace reef::config
