#include "api/router.hpp"

#include <algorithm>

#include "base/text/uri.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::size_t parts_max = 8;

// "/us/properties/10" → us, properties, 10. A trailing slash adds no part.
class Parts {
public:
    std::array<std::string_view, parts_max> part;
    std::size_t count = 0;
    bool too_many = false;

    explicit Parts(std::string_view path) {
        while (!path.empty() && !too_many) {
            path.remove_prefix(1);  // '/'
            const std::size_t end = std::min(path.find('/'), path.size());
            const bool last = end == path.size();
            if (last && end == 0) return;
            too_many = count == parts_max;
            if (!too_many) part[count++] = path.substr(0, end);
            path.remove_prefix(end);
        }
    }

    // After the split, so that an encoded slash stays inside its part. False: broken encoding.
    bool decode() {
        decoded_.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            if (part[i].find('%') == std::string_view::npos) continue;
            auto text = percent_decode(part[i]);
            if (!text) return false;
            part[i] = decoded_.emplace_back(std::move(*text));
        }
        return true;
    }

private:
    std::vector<std::string> decoded_;  // what the views of decoded parts look at
};

struct Pattern {
    enum class Kind : std::uint8_t { text, node, parameter };
    struct Part {
        Kind kind = Kind::text;
        std::string text;
    };
    std::vector<Part> parts;
    std::size_t operation = 0;
};

}  // namespace

class Router::Table {
public:
    Table(std::vector<Operation> operations, const Api& api)
        : operations_(std::move(operations)), nodes_(api.nodes) {
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            patterns_.push_back(pattern_of(i, '{' + api.nodes_are + '}'));
        }
        // What is spelled out goes before what is a parameter: tracking/7 is no key.
        std::stable_sort(patterns_.begin(), patterns_.end(), [](const auto& a, const auto& b) {
            return parameters_in(a) < parameters_in(b);
        });
    }

    Route match(http::Method method, std::string_view path) const {
        Route route;
        Parts parts{path};
        if (parts.too_many || !path.starts_with('/') || !parts.decode()) return route;
        const http::Method wanted = method == http::Method::head ? http::Method::get : method;
        const Pattern* shape = nullptr;  // of the first pattern that fits: its methods are allowed
        for (const Pattern& pattern : patterns_) {
            if (!fits(pattern, parts)) continue;
            const Operation& operation = operations_[pattern.operation];
            if (operation.method == wanted) {
                route.operation = &operation;
                route.allow.clear();
                route.parameter = parameter_in(pattern, parts);
                return route;
            }
            if (shape && !same_shape(*shape, pattern)) continue;
            shape = &pattern;
            if (!route.allow.empty()) route.allow += ", ";
            route.allow += name_of(operation.method);
            if (operation.method == http::Method::get) route.allow += ", HEAD";
        }
        return route;
    }

    const std::vector<Operation>& operations() const { return operations_; }

private:
    Pattern pattern_of(std::size_t index, const std::string& node) const {
        Pattern pattern;
        pattern.operation = index;
        const Parts parts{operations_[index].path};
        for (std::size_t i = 0; i < parts.count; ++i) {
            const std::string_view part = parts.part[i];
            const auto kind = part == node            ? Pattern::Kind::node
                              : part.starts_with('{') ? Pattern::Kind::parameter
                                                      : Pattern::Kind::text;
            pattern.parts.push_back({kind, std::string{part}});
        }
        return pattern;
    }

    static std::ptrdiff_t parameters_in(const Pattern& pattern) {
        return std::count_if(pattern.parts.begin(), pattern.parts.end(), [](const auto& part) {
            return part.kind == Pattern::Kind::parameter;
        });
    }

    static bool same_shape(const Pattern& a, const Pattern& b) {
        return std::equal(
            a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
            [](const auto& x, const auto& y) { return x.kind == y.kind && x.text == y.text; });
    }

    bool fits(const Pattern& pattern, const Parts& parts) const {
        if (pattern.parts.size() != parts.count) return false;
        for (std::size_t i = 0; i < parts.count; ++i) {
            const Pattern::Part& wanted = pattern.parts[i];
            if (wanted.kind == Pattern::Kind::text && wanted.text != parts.part[i]) return false;
            if (wanted.kind == Pattern::Kind::node && !is_node(parts.part[i])) return false;
            if (wanted.kind == Pattern::Kind::parameter && parts.part[i].empty()) return false;
        }
        return true;
    }

    bool is_node(std::string_view name) const {
        return std::find(nodes_.begin(), nodes_.end(), name) != nodes_.end();
    }

    static std::string parameter_in(const Pattern& pattern, const Parts& parts) {
        for (std::size_t i = 0; i < parts.count; ++i) {
            if (pattern.parts[i].kind != Pattern::Kind::parameter) continue;
            return std::string{parts.part[i]};
        }
        return {};
    }

    const std::vector<Operation> operations_;
    const std::vector<std::string> nodes_;
    std::vector<Pattern> patterns_;
};

Router::Router(std::vector<Operation> operations, const Api& api)
    : table_(std::make_unique<Table>(std::move(operations), api)) {}

Router::~Router() = default;

Route Router::match(http::Method method, std::string_view path) const {
    return table_->match(method, path);
}

const std::vector<Operation>& Router::operations() const {
    return table_->operations();
}

}  // namespace reef::api
