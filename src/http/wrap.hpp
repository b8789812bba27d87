// Answers wrapped as an app wants them: '{"success": true, "data": <data>, "message": <message>}'.
#pragma once

#include <string>
#include <string_view>

#include "base/text/template.hpp"

namespace reef::http {

class Wrap {
public:
    explicit Wrap(std::string_view pattern);  // "": answers stay as they are

    bool wraps() const { return !pattern_.pieces().empty(); }

    struct Parts {
        std::string_view data = "null";    // JSON
        std::string_view text = {};        // <message> or <detail>, for people
        std::string_view error = {};       // <error>, a short sentence
        std::string_view code = {};        // <code>, for programs
        std::string_view more = {};        // ",\"next\":…": added before the closing brace
        std::string_view title = {};       // <title>, of the error
        int status = 0;                    // <status>, of the answer
        std::string_view request_id = {};  // <request_id>, the client's
    };
    std::string fill(const Parts& parts) const;

private:
    Template pattern_;
};

}  // namespace reef::http
