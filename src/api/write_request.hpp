// A write as a request asks for it, whoever sent it: what the committer is to decide about.
#pragma once

#include <string>
#include <vector>

#include "api/request_decoding.hpp"

namespace reef::api {

struct WriteForm {  // what is known of a write before its request is read
    const api::Api& api;
    const model::Resource& resource;
    model::WriteKind kind = model::WriteKind::update;
    std::string_view key;  // of the path
    Named named = Named::as_needed;
    SetByServer set_by_server = SetByServer::same;
};

struct WriteRequest {
    model::Intent intent;
    bool no_such_key = false;  // no record can have the one in the path
};

// What is wrong goes into `faults`; then there is no good intent.
WriteRequest read_write(const WriteForm& form, const http::Request& request, Time now,
                        std::vector<http::Fault>& faults);

// The write was made on another program's server, which has told all other programs itself, and
// calls each of this app's nodes. A create or a delete that says no id of its own is named after
// what it says, so that the nodes know it for one: then true. Of an update that would be wrong: it
// may set a value that the record had before.
bool tell_source(const std::string& source, model::Intent& intent);

}  // namespace reef::api
