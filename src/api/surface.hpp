// How an app's API looks beside its resources: its path, its headers, the shape of its answers.
// Plain data that `config` fills in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http/problem.hpp"

namespace reef::api {

struct KeptHeader {    // [headers.operation-name]
    std::string name;  // lower case
    bool required = false;
    bool keep = false;  // stored with the change
    std::string example;
};

enum class ListShape : std::uint8_t { page, array };         // {"items":[…],"next":…} or […]
enum class DeletedShape : std::uint8_t { nothing, record };  // 204, or 200 with the record

// What becomes of a value in a body that only the server sets: times, the node, a key that it
// makes.
enum class SetByServer : std::uint8_t {
    refuse,
    same,    // refused unless it is what the record has
    ignore,  // passed over, whatever it is
};

struct Answers {
    ListShape list = ListShape::page;
    DeletedShape deleted = DeletedShape::nothing;
    SetByServer set_by_server = SetByServer::same;
    int time_digits = 6;
    std::string wrap;  // '{"success": true, "data": <data>, …}', "" = bare
    http::ProblemShape problems;
};

struct Api {
    std::string app;                 // "property-listing"
    std::string nodes_are = "node";  // "region": what the app calls its nodes
    std::string path;                // "/{region}", "/api/v1", …
    std::vector<std::string> nodes;  // in the order of the app file
    std::vector<KeptHeader> headers;
    Answers answers;
    bool has_replicas = false;  // reads are answered by read replicas, too
    bool keeps_events = false;  // what a client sends is kept with the write
    // The path names a node ("/{region}"): every operation also works without that part.
    bool path_names_node() const { return path.find('{') != std::string::npos; }
};

}  // namespace reef::api
