#include "cli/http.hpp"

namespace reef::cli {

Result<http::Answer> ask(const HttpRequest& request) {
    const auto url = http::parse_url(request.url);
    if (!url) {
        return Error{Errc::invalid, request.url + " is no URL such as http://127.0.0.1:8101"};
    }
    http::Call call;
    call.method = request.body.empty() ? http::Method::get : http::Method::post;
    call.target = url->target.empty() ? request.default_path : url->target;
    call.headers = "Connection: close\r\n";
    if (!request.peer_secret.empty()) {
        call.headers += "Atoll-Peer-Secret: " + request.peer_secret + "\r\n";
    }
    call.body = request.body;
    call.compression = http::Compression::beyond_loopback;
    call.answer_bytes_max = std::size_t{256} << 20;  // conflicts show a record three times
    return http::ask(*url, std::move(call), std::chrono::milliseconds{request.timeout_ms});
}

Result<Json> ask_node(const HttpRequest& request) {
    constexpr std::size_t depth_max = json_depth_wrapped_max + 4;  // a conflict shows whole rows
    auto answer = ask(request);
    if (!answer) return answer.error();
    auto said = parse_json(answer->body, depth_max);
    if (answer->status == 200) return said;
    const Errc code = answer->status == 404   ? Errc::not_found
                      : answer->status == 400 ? Errc::invalid
                                              : Errc::conflict;
    const Json* detail = said ? said->find("detail") : nullptr;
    return Error{code, detail ? detail->text : "it answered " + std::to_string(answer->status)};
}

}  // namespace reef::cli
