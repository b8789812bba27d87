#include "api/request_inputs.hpp"

#include "model/sizes.hpp"

namespace reef::api {

using namespace model;

void keep_inputs(const http::Request& request, Intent& intent) {
    if (intent.kind == WriteKind::remove) {
        intent.inputs = "{}";
        return;
    }
    bool in_text = false;
    for (std::size_t i = 0; i < request.body.size(); ++i) {
        const char c = request.body[i];
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (c == '"') in_text = !in_text;
        if (in_text || !blank) intent.inputs += c;
        if (in_text && c == '\\') intent.inputs += request.body[++i];
    }
    if (intent.inputs.size() > inputs_bytes_max) intent.inputs.clear();
}

}  // namespace reef::api
