#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/comparison.hpp"
#include "base/text/json.hpp"

namespace reef::cli {

namespace {

constexpr std::size_t printed_max = 20;  // differences; --json has all

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

void print_json(const std::vector<Comparison>& reports, const std::vector<Witness>& witnesses) {
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
    std::cout << json << "]}\n";
}

int verify(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    std::vector<Witness> witnesses;
    for (const config::Node& node : app->nodes) {
        if (!node.foreign) witnesses.push_back({node.name, node.url, app->peer_secret});
    }
    std::vector<Comparison> reports;
    for (const model::Resource& resource : app->schema.resources) {
        auto report = compare_rows(witnesses, resource, arguments.wait_s);
        if (!report) {
            std::cerr << "atoll: " << report.error().what << '\n';
            return failed;
        }
        if (!arguments.json) print(*report, witnesses);
        reports.push_back(std::move(*report));
    }
    if (arguments.json) print_json(reports, witnesses);
    const bool equal = std::all_of(reports.begin(), reports.end(), [](const Comparison& report) {
        return report.differences.empty();
    });
    return equal ? ok : unhealthy;
}

}  // namespace

Command verify_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{
        {"--json", &arguments->json, "all differences, as one JSON document"},
        {"--wait", &arguments->wait_s, "seconds that a change may be on its way, default 10"}};
    return {.name = "verify",
            .help = "compare the rows of all nodes (exit status 3: they differ)",
            .options = app_options(arguments->app, own),
            .examples = "Example:\n  atoll verify apps/property-listing.toml",
            .run = [arguments] { return verify(*arguments); }};
}

}  // namespace reef::cli
