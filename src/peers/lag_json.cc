#include "peers/lag_json.hpp"

#include <algorithm>
#include <cstdio>

#include "base/text/json.hpp"

namespace reef::peers {

namespace {

void append_number(std::string& out, std::string_view name, double value, int digits = 3) {
    char text[64];
    const int size =
        std::snprintf(text, sizeof text, "\"%.*s\":%.*f", static_cast<int>(name.size()),
                      name.data(), digits, std::max(value, 0.0));
    out.append(text, static_cast<std::size_t>(size));
}

}  // namespace

std::string lag_json(const Peers& peers) {
    const std::vector<PeerReport> reports = peers.report();
    double lag = 0;
    for (const PeerReport& peer : reports)
        lag = std::max(lag, peer.lag_seconds);
    std::string json = "{";
    append_number(json, "lag_seconds", lag);
    json += ",\"peers\":[";
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const PeerReport& peer = reports[i];
        json += i > 0 ? ",{\"name\":" : "{\"name\":";
        append_json_string(json, peer.name);
        json += ',';
        append_number(json, "lag_seconds", peer.lag_seconds);
        json += ",\"pending\":" + std::to_string(peer.pending);
        json += peer.connected ? ",\"connected\":true," : ",\"connected\":false,";
        if (peer.cut) json += "\"cut\":true,";
        append_number(json, "applied_per_second", peer.applied_per_second);
        json += ',';
        append_number(json, "last_contact_seconds", peer.last_contact_seconds);
        if (peer.round_trip_seconds) {
            json += ',';
            append_number(json, "round_trip_seconds", *peer.round_trip_seconds, 6);
        }
        if (!peer.troubles.empty()) json += ",\"trouble\":[";
        for (std::size_t t = 0; t < peer.troubles.size(); ++t) {
            json += t > 0 ? ",\"" : "\"";
            json += peer.troubles[t] + '"';
        }
        if (!peer.troubles.empty()) json += ']';
        if (!peer.connected && !peer.cut && !peer.trouble.empty()) {
            json += ",\"reason\":";
            append_json_string(json, peer.trouble);
        }
        if (!peer.differs.empty()) {
            json += ",\"differs\":";
            append_json_string(json, peer.differs);
        }
        json += '}';
    }
    return json + "]}";
}

}  // namespace reef::peers
