#include "config/rabbitmq.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text/uri.hpp"
#include "config/messages.hpp"
#include "config/template.hpp"

namespace reef::config {

namespace {

constexpr std::uint16_t amqp_port = 5672;
constexpr std::uint16_t amqps_port = 5671;

// What stands before the mark; the rest, behind it, stays. All of it when there is no mark.
std::string_view up_to(std::string_view& text, std::string_view mark) {
    const std::size_t end = std::min(text.find(mark), text.size());
    const std::string_view before = text.substr(0, end);
    text.remove_prefix(std::min(end + mark.size(), text.size()));
    return before;
}

bool read_place(std::string_view place, RabbitmqAddress& address) {
    const bool has_port = place.rfind(':') != place.npos && !place.ends_with(']');
    std::string text{place};
    if (!has_port) text += ':' + std::to_string(address.tls ? amqps_port : amqp_port);
    const auto endpoint = parse_endpoint(text);
    if (!endpoint || endpoint->port == 0) return false;
    address.host = endpoint->host;
    address.port = endpoint->port;
    return true;
}

bool read_user(std::string_view text, RabbitmqAddress& address) {
    const bool has_password = text.find(':') != text.npos;
    const auto user = percent_decode(up_to(text, ":"));
    const auto password = percent_decode(text);
    if (!user || !password) return false;
    address.user = *user;
    if (has_password) address.password = *password;
    return true;
}

bool read_options(std::string_view text, RabbitmqAddress& address) {
    const auto query = parse_query(text);
    if (!query) return false;
    for (const auto& [name, value] : *query) {
        const char* end = value.data() + value.size();
        const auto read = std::from_chars(value.data(), end, address.heartbeat_seconds);
        const bool good = name == "heartbeat" && read.ec == std::errc{} && read.ptr == end &&
                          address.heartbeat_seconds >= 5 && address.heartbeat_seconds <= 3600;
        if (!good) return false;
    }
    return true;
}

// RABBITMQ_HOST and its like, read when there is a host.
std::optional<Text> read_address_parts(Section& section, RabbitmqAddress& address) {
    auto host = section.text("host");
    RabbitmqAddress said;
    said.tls = section.flag("tls", false);
    const auto port = section.integer("port", said.tls ? amqps_port : amqp_port, 1, 65535);
    said.user = section.text_or("user", said.user);
    said.password = section.text_or("password", said.password);
    said.virtual_host = section.text_or("virtual_host", said.virtual_host);
    if (!host || host->value.empty()) return std::nullopt;
    said.host = host->value;
    said.port = static_cast<std::uint16_t>(port);
    if (!parse_endpoint(to_text(Endpoint{said.host, said.port}))) {
        section.mistake(*host,
                        "\"host\" must be a host's name or address, not " + in_quotes(host->value));
    }
    address = said;
    return host;
}

std::optional<Text> read_address(Section& section, Rabbitmq& rabbitmq) {
    auto url = section.text("url");
    const auto host = read_address_parts(section, rabbitmq.address);
    if (!url || url->value.empty()) return host;
    if (const auto address = parse_amqp_url(url->value)) {
        rabbitmq.address = *address;
    } else {
        section.mistake(*url, "\"url\" must be amqp://user:password@host:5672/vhost");
    }
    return url;
}

void read_certificates(Section& section, Rabbitmq& rabbitmq) {
    rabbitmq.ca_file = section.text_or("ca_file", "");
    const auto certificate = section.text("certificate_file");
    rabbitmq.certificate_file = certificate ? certificate->value : "";
    rabbitmq.key_file = section.text_or("key_file", "");
    if (rabbitmq.certificate_file.empty() != rabbitmq.key_file.empty()) {
        section.mistake(section.at(), R"("certificate_file" and "key_file" belong together)");
    }
}

// A text that must hold a part: otherwise several nodes would share what is one's own.
std::string text_with_part(Section& section, const std::string& name, std::string fallback,
                           const std::string& needed, const Parts& allowed) {
    const auto text = section.text(name);
    if (!text || text->value.empty()) return fallback;
    check_parts(section.scope(), *text, allowed);
    const Parts parts = parts_of(text->value);
    if (std::find(parts.begin(), parts.end(), needed) == parts.end()) {
        section.mistake(*text, in_quotes(name) + " must hold <" + needed +
                                   ">: each node has a queue of its own");
    }
    return text->value;
}

void read_headers(Section& section, const Parts& parts, Rabbitmq& rabbitmq) {
    rabbitmq.headers = section.map("headers");
    const Toml* headers = section.find("headers");
    if (!headers) return;
    for (const auto& [name, value] : headers->members) {
        check_parts(section.scope(), {rabbitmq.headers[name.name], value.at}, parts);
        if (name.name.starts_with("atoll-") || name.name == "traceparent") {
            section.mistake(name.at, "the header " + in_quotes(name.name) + " is Atoll's own");
        }
    }
}

std::vector<model::WriteKind> read_when(Section& queue) {
    static const Parts kinds{"create", "update", "delete"};
    static constexpr std::array writes{model::WriteKind::create, model::WriteKind::update,
                                       model::WriteKind::remove};
    std::vector<model::WriteKind> when;
    for (const Text& kind : queue.texts("when")) {
        const auto known = std::find(kinds.begin(), kinds.end(), kind.value);
        if (known == kinds.end()) {
            queue.mistake(kind, "\"when\" is made of " + one_of(kinds) + ", not " +
                                    in_quotes(kind.value) + did_you_mean(kind.value, kinds));
            continue;
        }
        when.push_back(writes.at(static_cast<std::size_t>(known - kinds.begin())));
    }
    if (!queue.has("when")) queue.mistake(queue.at(), "a queue needs \"when\": [\"create\"]");
    return when;
}

void read_queues(Section& section, const Parts& parts, Rabbitmq& rabbitmq) {
    for (Section& queue : section.sections("queues", "[[transport.rabbitmq.queues]]")) {
        ChangeQueue made;
        if (const auto name = queue.needed("name")) {
            check_parts(queue.scope(), *name, {"resource", "one"});
            made.name = name->value;
        }
        made.when = read_when(queue);
        made.body = json_with_parts(queue, "body", parts);
        queue.done();
        rabbitmq.queues.push_back(std::move(made));
    }
    if (rabbitmq.queues.empty()) return;
    rabbitmq.dead = section.text_or("dead", "");
    for (const char* name : {"exchange", "queue", "routing_key", "body"}) {
        const Toml* given = section.find(name);
        if (!given) continue;
        section.mistake(given->at,
                        in_quotes(name) + " means nothing beside [[transport.rabbitmq.queues]]");
    }
}

// What a message must say, if it is to be executed.
void read_foreign(Section& section, Rabbitmq& rabbitmq) {
    rabbitmq.foreign = section.choice<std::string>("foreign", "", {{"call", "call"}});
    if (rabbitmq.foreign.empty()) return;
    const Location at = section.find("foreign")->at;
    if (!rabbitmq.queues.empty()) {
        section.mistake(at, "\"foreign\" means nothing beside [[transport.rabbitmq.queues]]");
        return;
    }
    const Parts said = parts_of(rabbitmq.body);
    for (const char* part : {"source", "method", "path", "input"}) {
        if (std::find(said.begin(), said.end(), part) != said.end()) continue;
        section.mistake(at, std::string{"\"foreign\" needs a \"body\" with <"} + part +
                                ">: a message has to say the call that was made");
    }
}

}  // namespace

std::optional<RabbitmqAddress> parse_amqp_url(std::string_view url) {
    RabbitmqAddress address;
    const std::string_view scheme = up_to(url, "://");
    if (scheme != "amqp" && scheme != "amqps") return std::nullopt;
    address.tls = scheme == "amqps";
    std::string_view before_options = up_to(url, "?");
    if (!url.empty() && !read_options(url, address)) return std::nullopt;
    std::string_view place = up_to(before_options, "/");
    const std::string_view virtual_host = before_options;
    const std::size_t at = place.rfind('@');
    if (at != place.npos) {
        if (!read_user(place.substr(0, at), address)) return std::nullopt;
        place.remove_prefix(at + 1);
    }
    if (!read_place(place, address)) return std::nullopt;
    const auto decoded = percent_decode(virtual_host);
    if (!decoded || virtual_host.find('/') != virtual_host.npos) return std::nullopt;
    if (!decoded->empty()) address.virtual_host = *decoded;
    return address;
}

std::optional<Text> read_rabbitmq(Section& section, App& app) {
    Rabbitmq& rabbitmq = app.transport.rabbitmq;
    auto chosen = read_address(section, rabbitmq);
    read_certificates(section, rabbitmq);
    const Parts parts = message_parts(app);
    rabbitmq.exchange = section.text_or("exchange", app.name);
    rabbitmq.queue = text_with_part(section, "queue", app.name + ".<node>", "node", {"node"});
    rabbitmq.dead = section.text_or("dead", rabbitmq.exchange + ".dead");
    rabbitmq.routing_key = text_with_part(section, "routing_key", "<source>.<target>", "target",
                                          {"source", "target", "resource", "one", "past"});
    rabbitmq.body = json_with_parts(section, "body", parts);
    read_headers(section, parts, rabbitmq);
    read_queues(section, parts, rabbitmq);
    read_foreign(section, rabbitmq);
    section.done();
    return chosen;
}

}  // namespace reef::config
