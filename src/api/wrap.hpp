// Answers wrapped as an app wants them: '{"success": true, "data": <data>, "message": <message>}'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef::api {

class Wrap {
public:
    Wrap() = default;
    explicit Wrap(std::string_view pattern);

    bool wraps() const { return !pieces_.empty(); }

    struct Parts {
        std::string_view data = "null";    // JSON
        std::string_view text = {};        // <message> or <detail>, for people
        std::string_view error = {};       // <error>, the code
        std::string_view more = {};        // ",\"next\":…": added before the closing brace
        std::string_view title = {};       // <title>, of the error
        int status = 0;                    // <status>, of the answer
        std::string_view request_id = {};  // <request_id>, the client's
    };
    std::string fill(const Parts& parts) const;

private:
    struct Piece {
        std::string text;
        std::string name;  // of what follows the text, or ""
    };
    std::vector<Piece> pieces_;
};

}  // namespace reef::api
