#include "base/text/json.hpp"

#include <boost/json/basic_parser_impl.hpp>

namespace reef {

namespace {

namespace bj = boost::json;

// Above this many members a name is looked up by sorting instead of comparing each with each.
constexpr std::size_t members_compared_max = 16;

// Builds the tree. The path of open containers is a stack of pointers: a parent's vector does not
// grow while a child is open.
struct TreeBuilder {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    using Code = bj::error_code;
    using Text = bj::string_view;

    Json root;
    std::vector<Json*> open;
    std::string text;  // of a key, string or number whose end has not come yet
    std::string key;
    std::string problem;

    Json& add() {
        if (open.empty()) return root;
        Json& parent = *open.back();
        if (parent.is(Json::Kind::array)) return parent.items.emplace_back();
        return parent.members.emplace_back(std::move(key), Json{}).second;
    }

    bool add_text(Json::Kind kind, Text last) {
        text.append(last.data(), last.size());
        Json& json = add();
        json.kind = kind;
        json.text = std::exchange(text, {});
        return true;
    }

    std::string pointer() const {
        std::string path;
        for (std::size_t i = 0; i + 1 < open.size(); ++i) {
            const Json& json = *open[i];
            if (json.is(Json::Kind::array)) {
                append_pointer_part(path, std::to_string(json.items.size() - 1));
            } else {
                append_pointer_part(path, json.members.back().first);
            }
        }
        return path;
    }

    bool refuse_duplicate(std::string_view name, Code& failed) {
        std::string path = pointer();
        append_pointer_part(path, name);
        problem = "the name at " + path + " stands there twice";
        failed = bj::error::syntax;
        return false;
    }

    bool check_many_names(const Json& object, Code& failed) {
        std::vector<std::string_view> names;
        names.reserve(object.members.size());
        for (const auto& member : object.members)
            names.push_back(member.first);
        std::sort(names.begin(), names.end());
        const auto twice = std::adjacent_find(names.begin(), names.end());
        return twice == names.end() || refuse_duplicate(*twice, failed);
    }

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) {
        Json& json = add();
        json.kind = Json::Kind::object;
        open.push_back(&json);
        return true;
    }
    bool on_object_end(std::size_t, Code& failed) {
        const Json& object = *open.back();
        if (object.members.size() > members_compared_max && !check_many_names(object, failed)) {
            return false;
        }
        open.pop_back();
        return true;
    }
    bool on_array_begin(Code&) {
        Json& json = add();
        json.kind = Json::Kind::array;
        open.push_back(&json);
        return true;
    }
    bool on_array_end(std::size_t, Code&) {
        open.pop_back();
        return true;
    }
    bool on_key_part(Text part, std::size_t, Code&) {
        text.append(part.data(), part.size());
        return true;
    }
    bool on_key(Text last, std::size_t, Code& failed) {
        text.append(last.data(), last.size());
        key = std::exchange(text, {});
        const auto& members = open.back()->members;
        if (members.size() <= members_compared_max) {
            for (const auto& member : members) {
                if (member.first == key) return refuse_duplicate(key, failed);
            }
        }
        return true;
    }
    bool on_string_part(Text part, std::size_t, Code&) {
        text.append(part.data(), part.size());
        return true;
    }
    bool on_string(Text last, std::size_t, Code&) { return add_text(Json::Kind::string, last); }
    bool on_number_part(Text part, Code&) {
        text.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t, Text last, Code&) { return add_text(Json::Kind::number, last); }
    bool on_uint64(std::uint64_t, Text last, Code&) { return add_text(Json::Kind::number, last); }
    bool on_double(double, Text last, Code&) { return add_text(Json::Kind::number, last); }
    bool on_bool(bool value, Code&) {
        Json& json = add();
        json.kind = Json::Kind::boolean;
        json.boolean = value;
        return true;
    }
    bool on_null(Code&) {
        add();
        return true;
    }
    bool on_comment_part(Text, Code&) { return true; }
    bool on_comment(Text, Code&) { return true; }
};

}  // namespace

const Json* Json::find(std::string_view name) const {
    for (const auto& member : members) {
        if (member.first == name) return &member.second;
    }
    return nullptr;
}

const std::string& text_at(const Json& json, std::string_view name) {
    static const std::string none;
    const Json* member = json.find(name);
    return member ? member->text : none;
}

bool true_at(const Json& json, std::string_view name) {
    const Json* member = json.find(name);
    return member && member->boolean;
}

Result<Json> parse_json(std::string_view text, std::size_t depth_max) {
    bj::parse_options options;
    options.max_depth = depth_max;
    bj::basic_parser<TreeBuilder> parser{options};
    bj::error_code failed;
    const std::size_t end = parser.write_some(false, text.data(), text.size(), failed);
    if (failed) {
        const std::string& problem = parser.handler().problem;
        if (!problem.empty()) return Error{Errc::invalid, problem};
        return Error{Errc::invalid,
                     "not valid JSON at byte " + std::to_string(end) + ": " + failed.message()};
    }
    if (text.find_first_not_of(" \t\r\n", end) != std::string_view::npos) {
        return Error{Errc::invalid, "not valid JSON at byte " + std::to_string(end) +
                                        ": something follows the value"};
    }
    return std::move(parser.handler().root);
}

void append_json_string(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    std::size_t plain = 0;  // start of what can be copied as it is
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default: {
                const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
                out.append(escape, sizeof escape);
            }
        }
    }
    out.append(text, plain, text.size() - plain);
    out += '"';
}

void append_json(std::string& out, const Json& json) {
    switch (json.kind) {
        case Json::Kind::null:
            out += "null";
            return;
        case Json::Kind::boolean:
            out += json.boolean ? "true" : "false";
            return;
        case Json::Kind::number:
            out += json.text;
            return;
        case Json::Kind::string:
            append_json_string(out, json.text);
            return;
        case Json::Kind::array: {
            out += '[';
            for (std::size_t i = 0; i < json.items.size(); ++i) {
                if (i > 0) out += ',';
                append_json(out, json.items[i]);
            }
            out += ']';
            return;
        }
        case Json::Kind::object: {
            out += '{';
            for (std::size_t i = 0; i < json.members.size(); ++i) {
                if (i > 0) out += ',';
                append_json_string(out, json.members[i].first);
                out += ':';
                append_json(out, json.members[i].second);
            }
            out += '}';
            return;
        }
    }
}

void append_pointer_part(std::string& out, std::string_view part) {
    out += '/';
    for (const char c : part) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
}

}  // namespace reef
