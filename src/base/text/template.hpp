// A text of an app with <parts>, which whoever uses it fills in: an answer's wrap, a message's
// topic, key and body, a file's name. A '<' that begins no part is itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef {

class Template {
public:
    // Of JSON the white space between its tokens goes.
    enum class Form : std::uint8_t { text, json };

    struct Piece {
        std::string text;     // stands before the part
        std::string part;     // its name; "" at the end
        bool quoted = false;  // the part is inside a JSON string
    };

    Template(std::string_view text, Form form);

    Form form() const { return form_; }
    const std::vector<Piece>& pieces() const { return pieces_; }

private:
    Form form_;
    std::vector<Piece> pieces_;
};

}  // namespace reef
