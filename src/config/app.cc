#include "config/app.hpp"

#include <algorithm>
#include <tuple>

#include "config/checks.hpp"
#include "config/nodes.hpp"
#include "config/resource.hpp"
#include "config/sections.hpp"
#include "config/transport.hpp"

namespace reef::config {

namespace {

std::string folder_of(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? "." : file.substr(0, std::max<std::size_t>(slash, 1));
}

void read_rest(Section top, const LoadOptions& options, App& app) {
    for (const char* known : {"app", "node", "serve", "replica"})
        top.find(known);
    read_sections(top, app);
    read_transport(top, app);
    read_stacks(top, app);
    read_resources(top, app);
    top.done();
    check_whole(top, options, app);
}

// Sorts mistakes in the order of the file. A section that is read for each node notes a mistake
// more than once: one of them stays.
void put_in_order(std::vector<Mistake>& mistakes) {
    const auto key = [](const Mistake& m) { return std::tie(m.line, m.column, m.what); };
    std::stable_sort(mistakes.begin(), mistakes.end(), [&](const Mistake& a, const Mistake& b) {
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    std::vector<Mistake> once;
    for (Mistake& mistake : mistakes) {
        const bool seen = std::any_of(once.begin(), once.end(), [&](const Mistake& other) {
            return key(other) == key(mistake);
        });
        if (!seen) once.push_back(std::move(mistake));
    }
    mistakes = std::move(once);
}

}  // namespace

const Node* App::find(std::string_view node) const {
    const auto found = std::find_if(nodes.begin(), nodes.end(),
                                    [&](const Node& candidate) { return candidate.name == node; });
    return found == nodes.end() ? nullptr : &*found;
}

std::vector<std::string> App::foreign_nodes() const {
    std::vector<std::string> names;
    for (const Node& node : nodes) {
        if (node.foreign) names.push_back(node.name);
    }
    return names;
}

std::vector<std::string> App::members() const {
    std::vector<std::string> names;
    for (const Node& node : nodes) {
        if (!node.foreign) names.push_back(node.name);
    }
    return names;
}

std::vector<Replica> App::replicas_of(std::string_view node) const {
    std::vector<Replica> found;
    for (const Replica& replica : replicas) {
        if (replica.of == node) found.push_back(replica);
    }
    return found;
}

std::string App::peer_secret() const {
    return peer_secrets.empty() ? "" : peer_secrets.front();
}

std::string App::store_file_of(std::string_view node_or_replica) const {
    constexpr std::string_view part = "<node>";
    std::string named{node_or_replica};
    if (!find(node_or_replica)) std::replace(named.begin(), named.end(), '-', '_');
    std::string path = store_file;
    for (std::size_t at = path.find(part); at != std::string::npos; at = path.find(part, at)) {
        path.replace(at, part.size(), named);
        at += named.size();
    }
    return path;
}

std::string to_text(const std::string& file, const Mistake& mistake) {
    std::string text = file;
    if (mistake.line > 0) {
        text += ':' + std::to_string(mistake.line) + ':' + std::to_string(mistake.column);
    }
    return text + ": " + mistake.what;
}

LoadResult load_app(const std::string& file, const Environment& environment, LoadOptions options) {
    Document document = read_document(file);
    LoadResult loaded;
    loaded.mistakes = std::move(document.mistakes);
    if (!loaded.mistakes.empty()) return loaded;
    App app;
    app.file = file;
    app.folder = folder_of(file);
    Scope scope;
    scope.mistakes = &loaded.mistakes;
    scope.lookup = lookup_for(environment, "");
    Section whose{document.root, "", scope};
    read_app(whose, app);
    read_nodes(whose, environment, options, app);
    // From here on a variable with this node's suffix takes precedence over the plain one.
    scope.lookup = lookup_for(environment, app.default_node);
    read_rest(whose.in(scope), options, app);
    put_in_order(loaded.mistakes);
    if (loaded.mistakes.empty()) loaded.app = std::move(app);
    return loaded;
}

}  // namespace reef::config
