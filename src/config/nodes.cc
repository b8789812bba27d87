#include "config/nodes.hpp"

#include <algorithm>
#include <charconv>

#include "base/text/uri.hpp"
#include "config/database_url.hpp"
#include "config/resource.hpp"
#include "config/serve.hpp"
#include "config/unbuilt.hpp"

namespace reef::config {

namespace {

// ---- values ----------------------------------------------------------------------------------

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    return read.ec == std::errc{} && read.ptr == end;
}

// An IPv6 address from a variable of its own comes without brackets: "${HOST:-}:${PORT:-}".
std::string in_brackets(std::string host) {
    const bool bare = host.find(':') != std::string::npos && !host.starts_with('[');
    return bare ? '[' + host + ']' : host;
}

// "host:port". An empty half keeps the host or port that the node has.
void apply_listen(const Section& section, const Text& text, Node& node) {
    const std::size_t colon = text.value.rfind(':');
    if (text.value.empty()) return;
    if (colon == std::string::npos) {
        section.mistake(text, "\"listen\" must be HOST:PORT, not " + in_quotes(text.value));
        return;
    }
    std::string host = text.value.substr(0, colon);
    std::string port = text.value.substr(colon + 1);
    if (!port.empty() && !is_port(port)) {
        section.mistake(text, "the port must be a number up to 65535, not " + in_quotes(port));
        return;
    }
    host = host.empty() ? to_text(node.listen).substr(0, to_text(node.listen).rfind(':'))
                        : in_brackets(std::move(host));
    if (port.empty()) port = std::to_string(node.listen.port);
    const auto endpoint = parse_endpoint(host + ':' + port);
    if (endpoint) node.listen = *endpoint;
    if (!endpoint) section.mistake(text, "the host cannot be " + in_quotes(host));
}

// The message never holds the value: the value holds a password.
void apply_store(const Section& section, const Text& text, std::string& database_url) {
    if (text.value.empty()) return;
    const std::string_view url = text.value;
    if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) {
        section.mistake(text,
                        "\"store\" must be the URL of a PostgreSQL database, "
                        "postgresql://user:password@host:5432/name, or empty for SQLite");
        return;
    }
    const std::string wrong = wrong_with_database_url(url);
    if (!wrong.empty()) section.mistake(text, "the database's URL: " + wrong);
    database_url = text.value;
}

// [serve.postgresql]: the parts of a URL, read when there is a host.
std::string url_of_parts(Section& parts) {
    const std::string host = parts.text_or("host", "");
    const auto port = parts.text("port");
    const std::string name = parts.text_or("name", "");
    const std::string user = parts.text_or("user", "");
    const std::string password = parts.text_or("password", "");
    parts.done();
    if (host.empty()) return "";
    if (port && !port->value.empty() && !is_port(port->value)) {
        parts.mistake(*port,
                      "\"port\" must be a number up to 65535, not " + in_quotes(port->value));
    }
    std::string url = "postgresql://";
    if (!user.empty()) {
        url += percent_encode(user);
        if (!password.empty()) url += ':' + percent_encode(password);
        url += '@';
    }
    const bool ipv6 = host.find(':') != std::string::npos;
    url += ipv6 ? in_brackets(host) : percent_encode(host);  // a socket's folder has slashes
    if (port && !port->value.empty()) url += ':' + port->value;
    return url + '/' + percent_encode(name);
}

// B,C,D or [B,C,D] or ["B","C","D"]
std::vector<std::string> names_in(std::string_view text) {
    std::vector<std::string> names;
    std::string name;
    for (const char c : text) {
        if (c == ',' || c == '[' || c == ']') {
            if (!name.empty()) names.push_back(std::move(name));
            name.clear();
        } else if (c != ' ' && c != '"' && c != '\'' && c != '\t') {
            name += c;
        }
    }
    if (!name.empty()) names.push_back(std::move(name));
    return names;
}

// ---- [[node]] and [serve] --------------------------------------------------------------------

// The node for which the file is read.
struct Reader {
    const Environment& environment;
    const LoadOptions& options;
    App& app;
    std::string served = {};  // "" = none
    bool several = false;
    Names personal = {};  // variables about this process alone

    bool whole() const { return options.whole_app || options.up; }
    Lookup lookup(const std::string& node) const {
        const bool other = several && node != served;
        return other ? lookup_for_other(environment, node, personal)
                     : lookup_for(environment, node);
    }
};

void refuse_left_out(const Section& section, const App& app, const Text& given, const Node& node) {
    std::vector<std::string> left_out;
    for (const std::string& name : app.api.nodes) {
        const auto sent_to = std::find(node.send_to.begin(), node.send_to.end(), name);
        if (name != node.name && sent_to == node.send_to.end()) left_out.push_back(name);
    }
    if (left_out.empty()) return;
    const bool in_file = given.variables.empty();
    const std::string removal = in_file ? "remove \"send_to\"" : "unset " + listed(given.variables);
    refuse_unbuilt(section.scope(), Unbuilt::partial_replication, given.at,
                   removal + ", or name " + listed(left_out) + " too");
}

// A list in the file or in a variable; absent: every other node. The node itself may stand in it.
void apply_send_to(Section& section, const App& app, Node& node) {
    const Toml* list = section.find("send_to");
    if (!list) return;
    Text given{"", list->at};
    std::vector<Text> names;
    if (list->is(Toml::Kind::array)) {
        names = section.texts("send_to");
    } else {
        const auto text = section.text("send_to");
        if (!text || text->value.empty()) return;
        given = *text;
        for (std::string& name : names_in(text->value))
            names.push_back({std::move(name), text->at, text->variables});
    }
    node.send_to.clear();
    bool known = true;
    for (const Text& name : names) {
        if (!app.find(name.value)) {
            known = false;
            section.mistake(name, "unknown " + app.api.nodes_are + ' ' + in_quotes(name.value) +
                                      did_you_mean(name.value, app.api.nodes));
        } else if (name.value != node.name) {
            node.send_to.push_back(name.value);
        }
    }
    if (known) refuse_left_out(section, app, given, node);
}

void apply_serve(Section& serve, const Reader& reader, Node& node) {
    if (const auto listen = serve.text("listen")) apply_listen(serve, *listen, node);
    std::string from_parts;
    if (auto parts = serve.section("postgresql", "[serve.postgresql]")) {
        from_parts = url_of_parts(*parts);
    }
    const auto store = serve.text("store");
    if (store) apply_store(serve, *store, node.database_url);
    if ((!store || store->value.empty()) && !from_parts.empty()) node.database_url = from_parts;
    apply_send_to(serve, reader.app, node);
    serve.find("node");  // read for the whole file
    serve.done();
}

std::string url_of(const Endpoint& listen) {
    const bool any = listen.host == "0.0.0.0" || listen.host == "::";
    return "http://" + to_text(any ? Endpoint{"127.0.0.1", listen.port} : listen);
}

void read_node(Section& section, Section* serve, const Reader& reader, Node& node) {
    section.find("name");
    for (const Node& other : reader.app.nodes) {
        if (other.name != node.name) node.send_to.push_back(other.name);
    }
    node.foreign = section.flag("foreign", false);
    const auto listen = section.text("listen");
    if (listen) {
        const auto endpoint = endpoint_of(section, "listen", *listen);
        if (endpoint) node.listen = *endpoint;
    } else if (!node.foreign && !section.has("listen")) {
        section.mistake(section.at(), "[[node]] needs \"listen\": \"127.0.0.1:8000\"");
    }
    for (const Text& text : section.texts("instances")) {
        const auto endpoint = endpoint_of(section, "instances", text);
        if (endpoint) node.instances.push_back(*endpoint);
    }
    const auto store = section.text("store");
    if (store) apply_store(section, *store, node.database_url);
    apply_send_to(section, reader.app, node);
    if (serve && !node.foreign) apply_serve(*serve, reader, node);
    const bool flagged = reader.options.listen && node.name == reader.served;
    if (flagged) node.listen = *reader.options.listen;
    const auto url = section.text("url");
    if (url && !url->value.empty()) {
        const std::string_view rest = url->value;
        const bool good = rest.starts_with("http://") && rest.size() > 7 &&
                          rest.substr(7).find_first_of("/?# ") == std::string_view::npos;
        if (!good)
            section.mistake(*url, "\"url\" must be http://host:port, not " + in_quotes(url->value));
        node.url = url->value;
    } else if (!node.foreign) {
        node.url = url_of(node.listen);
    }
    section.done();
}

// ---- names -----------------------------------------------------------------------------------

std::string wrong_with_node_name(const std::string& name, const App& app) {
    constexpr std::size_t name_max = 32;
    if (name.empty() || name.size() > name_max || !is_made_of_letters_digits_and("-_", name) ||
        name[0] == '-' || name[0] == '_') {
        return "must be letters, digits, \"-\" and \"_\", up to 32, and begin with a letter or "
               "digit";
    }
    if (name == "base") return "cannot be \"base\": that is where seed rows come from";
    const auto& paths = reserved_paths();
    if (app.api.path_names_node() && std::find(paths.begin(), paths.end(), name) != paths.end()) {
        return "cannot be " + in_quotes(name) + ": every app has that path";
    }
    return "";
}

// A name of a node or replica; "" when it is missing.
std::string read_name(Section& section, const std::string& what, const App& app,
                      std::vector<std::string>& taken) {
    const auto name = section.needed("name");
    if (!name) return "";
    const std::string wrong = wrong_with_node_name(name->value, app);
    if (!wrong.empty()) section.mistake(*name, "a " + what + "'s name " + wrong);
    for (const std::string& other : taken) {
        if (other == name->value) {
            section.mistake(*name, "there is already a " + what + ' ' + in_quotes(other));
        } else if (suffix_of(other) == suffix_of(name->value)) {
            section.mistake(*name, in_quotes(name->value) + " and " + in_quotes(other) +
                                       " are one name in the environment: PORT" + suffix_of(other));
        }
    }
    taken.push_back(name->value);
    return name->value;
}

// The node that it is a replica of; null where the file does not say. It need not, where there is
// only one.
const Node* read_primary(Section& section, const App& app, const std::vector<std::string>& own) {
    const bool one = own.size() == 1 && !section.has("of");
    if (one) return app.find(own.front());
    const auto of = section.needed("of");
    if (!of) return nullptr;
    const Node* node = app.find(of->value);
    if (!node) {
        section.mistake(*of, "unknown " + app.api.nodes_are + ' ' + in_quotes(of->value) +
                                 did_you_mean(of->value, app.api.nodes));
    } else if (node->foreign) {
        section.mistake(*of, in_quotes(of->value) + " is foreign: it has no replicas here");
    } else if (!node->instances.empty()) {
        section.mistake(*of, in_quotes(of->value) +
                                 " has several processes (\"instances\"), which could not all "
                                 "feed a replica");
    }
    return node;
}

// A variable with the node's suffix goes before the plain one: REPLICA_1_URL_US.
void read_replicas(Section& top, const Reader& reader, const std::vector<std::string>& own,
                   std::vector<std::string>& taken) {
    App& app = reader.app;
    for (const Section& plain : top.sections("replica", "[[replica]]")) {
        Section naming = plain;
        Replica replica;
        replica.name = read_name(naming, "replica", app, taken);
        const Node* of = read_primary(naming, app, own);
        if (of) replica.of = of->name;
        Scope scope = top.scope();
        scope.lookup = reader.lookup(replica.of);
        Section section = plain.in(std::move(scope));
        section.find("name");  // these two are read above, before it is known whose variables count
        section.find("of");
        if (const auto store = section.text("store")) {
            apply_store(section, *store, replica.database_url);
        }
        section.done();
        app.replicas.push_back(std::move(replica));
    }
    app.api.has_replicas = !app.replicas.empty();
}

// ---- the process -----------------------------------------------------------------------------

std::string find_served(Section& top, const Section* serve, const Reader& reader,
                        const std::vector<std::string>& own) {
    const App& app = reader.app;
    if (!reader.options.node.empty()) {
        const Node* node = app.find(reader.options.node);
        if (!node) {
            top.mistake(Location{}, "unknown " + app.api.nodes_are + ' ' +
                                        in_quotes(reader.options.node) +
                                        did_you_mean(reader.options.node, app.api.nodes));
        } else if (node->foreign) {
            top.mistake(Location{}, in_quotes(node->name) +
                                        " is foreign: another program is that " +
                                        app.api.nodes_are);
        }
        return reader.options.node;
    }
    if (serve) {
        Section section = *serve;
        const auto name = section.text("node");
        if (name && !name->value.empty()) {
            const Node* node = app.find(name->value);
            if (!node || node->foreign) {
                section.mistake(*name, "unknown " + app.api.nodes_are + ' ' +
                                           in_quotes(name->value) + did_you_mean(name->value, own));
            }
            return name->value;
        }
    }
    return own.size() == 1 ? own[0] : "";
}

}  // namespace

std::optional<Endpoint> endpoint_of(const Section& section, const std::string& name,
                                    const Text& text) {
    const std::size_t colon = std::min(text.value.rfind(':'), text.value.size());
    const auto endpoint =
        parse_endpoint(in_brackets(text.value.substr(0, colon)) + text.value.substr(colon));
    if (!endpoint) {
        section.mistake(text, in_quotes(name) +
                                  " must be HOST:PORT, such as \"127.0.0.1:8000\", not " +
                                  in_quotes(text.value));
    }
    return endpoint;
}

void read_nodes(Section& top, const Environment& environment, const LoadOptions& options,
                App& app) {
    auto sections = top.sections("node", "[[node]]");
    std::vector<std::string> taken;
    std::vector<std::string> own;
    for (const Section& section : sections) {
        Section naming = section;
        Node& node = app.nodes.emplace_back();
        node.name = read_name(naming, app.api.nodes_are, app, taken);
        node.foreign = naming.flag("foreign", false);
        if (!node.foreign) own.push_back(node.name);
        app.api.nodes.push_back(node.name);
    }
    if (own.empty() && (!top.has("node") || !sections.empty()))
        top.mistake(top.at(), "the app has no [[node]] of its own");
    auto serve = top.section("serve", "[serve]");
    Reader reader{environment, options, app};
    reader.several = own.size() > 1;
    Scope in_serve = top.scope();
    in_serve.unset = Unset::empty;
    if (serve) {
        serve.emplace(serve->in(in_serve));
        reader.personal = personal_names(*serve);
    }
    if (!reader.whole()) reader.served = find_served(top, serve ? &*serve : nullptr, reader, own);
    if (!reader.several && !own.empty()) reader.served = own[0];
    if (options.up && reader.several && serve)
        refuse_plain_names(*serve, environment, app.api.nodes_are, own);
    if (!reader.whole()) app.default_node = reader.served;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const std::string& name = app.nodes[i].name;
        Scope scope = top.scope();
        scope.lookup = reader.lookup(name);
        in_serve.lookup = scope.lookup;
        std::optional<Section> here;
        if (serve) here.emplace(serve->in(in_serve));
        Section section = sections[i].in(std::move(scope));
        read_node(section, here ? &*here : nullptr, reader, app.nodes[i]);
    }
    read_replicas(top, reader, own, taken);
}

}  // namespace reef::config
