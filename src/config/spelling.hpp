// How names are spelled, how they are shown, and which one was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef::config {

// ` (did you mean "price"?)` when one of `words` is near enough to be meant, else "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& words);

// Quoted and joined for a sentence: `"a", "b" or "c"`.
std::string one_of(const std::vector<std::string>& words);

// Joined for a sentence: "A, B". Nothing is quoted.
std::string listed(const std::vector<std::string>& words);

// Nothing but letters, digits and the characters of `more`.
bool is_made_of_letters_digits_and(std::string_view more, std::string_view text);

std::string_view trimmed(std::string_view text);  // without blanks around it

std::string lower_case(std::string_view text);  // ASCII

std::string in_quotes(std::string_view text);  // in double quotes; cut when very long

}  // namespace reef::config
