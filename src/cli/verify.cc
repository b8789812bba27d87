#include <algorithm>
#include <iostream>
#include <memory>

#include "base/text/json.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/comparison.hpp"

namespace reef::cli {

namespace {

constexpr std::size_t printed_max = 20;  // differences of a resource; --json prints all

struct Arguments {
    AppArguments app;
    bool json = false;
    double wait_s = 10;
};

std::string names_of(const std::vector<Witness>& witnesses, std::string_view sign) {
    std::string text;
    for (const Witness& witness : witnesses) {
        if (!text.empty()) text += sign;
        text += witness.node;
    }
    return text;
}

void print(const Comparison& report, const std::vector<Witness>& witnesses) {
    const bool equal = report.differences.empty();
    const std::uint64_t different = report.differences.size();
    std::cout << "  " << names_of(witnesses, equal ? " = " : " ≠ ") << "   " << report.resource
              << "  " << report.records - std::min(different, report.records) << '/'
              << report.records << " equal   digest " << to_hex(report.digest) << '\n';
    for (std::size_t i = 0; i < std::min(report.differences.size(), printed_max); ++i) {
        const Difference& row = report.differences[i];
        std::cout << "      " << report.resource << '/' << model::to_text(row.key) << "   "
                  << row.why << '\n';
    }
    if (different > printed_max) {
        std::cout << "      and " << different - printed_max << " more: --json has all\n";
    }
}

struct Absence {
    std::string node;
    std::string trouble;
};

// The app's nodes and replicas. Those that answer are compared.
struct Participants {
    std::vector<Witness> present;
    std::vector<Absence> absent;

    // An app of one node has nothing to compare, and is not wrong either.
    bool can_compare() const {
        return present.size() > 1 || (present.size() == 1 && absent.empty());
    }
};

std::string proofs_json(const Difference& row, const std::vector<Witness>& witnesses) {
    std::string json = "{";
    for (std::size_t i = 0; i < witnesses.size(); ++i) {
        if (!row.proofs[i]) continue;
        if (json.size() > 1) json += ',';
        append_json_string(json, witnesses[i].node);
        json += ":{\"vector\":\"" + row.proofs[i]->vector + "\",\"hash\":\"" +
                to_hex(row.proofs[i]->hash) + "\"}";
    }
    return json + '}';
}

void print_json(const std::vector<Comparison>& reports, const Participants& nodes) {
    const std::vector<Witness>& witnesses = nodes.present;
    std::string json = "{\"resources\":[";
    for (const Comparison& report : reports) {
        if (json.back() != '[') json += ',';
        json += "{\"resource\":";
        append_json_string(json, report.resource);
        json += ",\"records\":" + std::to_string(report.records) + ",\"digest\":\"" +
                to_hex(report.digest) + "\",\"differences\":[";
        for (const Difference& row : report.differences) {
            if (json.back() != '[') json += ',';
            json += "{\"key\":";
            append_json_string(json, model::to_text(row.key));
            json += ",\"why\":";
            append_json_string(json, row.why);
            json += ",\"nodes\":" + proofs_json(row, witnesses) + '}';
        }
        json += "]}";
    }
    json += "],\"not_compared\":[";
    for (const Absence& absence : nodes.absent) {
        if (json.back() != '[') json += ',';
        json += "{\"node\":";
        append_json_string(json, absence.node);
        json += ",\"trouble\":";
        append_json_string(json, absence.trouble);
        json += '}';
    }
    std::cout << json << "]}\n";
}

// Says on stderr when it is absent.
bool ask(Participants& nodes, const config::App& app, Witness witness) {
    const auto there = ask_for_presence(witness, app.schema.resources.front());
    if (there) {
        nodes.present.push_back(std::move(witness));
    } else {
        std::cerr << "atoll: not compared: " << witness.node << ": " << there.error().what << '\n';
        nodes.absent.push_back({witness.node, there.error().what});
    }
    return there.has_value();
}

// All nodes, and their read replicas. Says on stderr when that leaves nothing to compare.
Participants ask_all(const config::App& app) {
    Participants nodes;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        if (!ask(nodes, app, {node.name, node.url, app.peer_secret()})) continue;
        for (const config::Replica& replica : app.replicas_of(node.name))
            ask(nodes, app, {replica.name, node.url, app.peer_secret(), replica.name});
    }
    if (!nodes.can_compare()) {
        std::cerr << "atoll: there is nothing to compare "
                  << (nodes.present.empty() ? std::string{"at all"}
                                            : nodes.present.front().node + " with")
                  << '\n';
    }
    return nodes;
}

int verify(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    const Participants nodes = ask_all(*app);
    std::vector<Comparison> reports;
    for (const model::Resource& resource : app->schema.resources) {
        if (!nodes.can_compare()) break;
        auto report = compare_rows(nodes.present, resource, arguments.wait_s);
        if (!report) {
            std::cerr << "atoll: " << report.error().what << '\n';
            return failed;
        }
        if (!arguments.json) print(*report, nodes.present);
        reports.push_back(std::move(*report));
    }
    if (arguments.json) print_json(reports, nodes);
    const bool equal = std::all_of(reports.begin(), reports.end(), [](const Comparison& report) {
        return report.differences.empty();
    });
    return equal && nodes.absent.empty() ? ok : unhealthy;
}

}  // namespace

Command verify_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{
        {"--json", &arguments->json, "all differences, as one JSON document"},
        {"--wait", &arguments->wait_s, "seconds that a change may be on its way, default 10"}};
    return {.name = "verify",
            .help =
                "compare the rows of all nodes and their replicas (exit status 3: they differ, or "
                "one does not answer)",
            .options = app_options(arguments->app, own),
            .examples = "Example:\n  atoll verify apps/property-listing.toml",
            .run = [arguments] { return verify(*arguments); }};
}

}  // namespace reef::cli
