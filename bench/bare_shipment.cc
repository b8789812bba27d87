#include "bare_shipment.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "bare_property.hpp"

namespace reef::bench {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view text) {
    out += '"';
    out += name;
    out += "\":";
    append_text(out, text);
    out += ',';
}

}  // namespace

void append_text(std::string& out, std::string_view text) {
    const auto plain = [](char c) { return c >= ' ' && c != '"' && c != '\\'; };
    if (std::all_of(text.begin(), text.end(), plain)) {
        out += '"';
        out += text;
        out += '"';
    } else {
        out += boost::json::serialize(boost::json::string_view{text.data(), text.size()});
    }
}

void append_number(std::string& out, double value) {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void append_fields(std::string& out, const Shipment& row) {
    append_field(out, "tracking_number", row.tracking_number);
    append_field(out, "origin", row.origin);
    append_field(out, "destination", row.destination);
    out += R"("weight":)";
    append_number(out, row.weight);
    out += R"(,"status":"created","warehouse_id":)";
    append_integer(out, row.warehouse_id);
    out += R"(,"created_at":")";
    append_time(out, row.created_us);
    out += R"(","updated_at":")";
    append_time(out, row.created_us);
    out += '"';
}

void append_json(std::string& out, const Shipment& row) {
    out += R"({"id":)";
    append_integer(out, row.id);
    out += ',';
    append_fields(out, row);
    out += '}';
}

}  // namespace reef::bench
