// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/skills/confusable_names.h>
#include <palyra/skills/skill_names.h>
#include <palyra/skills/trust_decision.h>

#include <random>
#include <sstream>

namespace palyra::skills {
namespace {

using palyra::testing::must_read;

std::vector<std::string> names_of(const std::string& file) {
  std::istringstream lines(std::string(as_text(must_read(palyra::testing::test_file("corpora/names/" + file)))));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

TEST(ConfusableNamesTest, NamesTheKnownOneThatPeopleWouldRead) {
  const std::vector<std::string> known{"acme", "modern", "palyra", "wisdom", "open-weather"};
  for (const auto& [name, like] : std::vector<std::pair<std::string, std::string>>{{"acrne", "acme"},
                                                                                   {"ac-me", "acme"},
                                                                                   {"rnodern", "modern"},
                                                                                   {"modem", "modern"},
                                                                                   {"pa1yra", "palyra"},
                                                                                   {"paiyra", "palyra"},
                                                                                   {"palyra-", "palyra"},
                                                                                   {"vvisdom", "wisdom"},
                                                                                   {"wiscl0m", "wisdom"},
                                                                                   {"wi5dom", "wisdom"},
                                                                                   {"openweather", "open-weather"},
                                                                                   {"open-waether", "open-weather"},
                                                                                   {"opn-wether", "open-weather"}}) {
    EXPECT_EQ(find_confusable(name, known), like) << name;
  }
}

TEST(ConfusableNamesTest, LeavesKnownAndOtherNamesAlone) {
  const std::vector<std::string> known{"acme", "acrne", "go", "weather"};
  for (const char* name : {"acme", "acrne", "io", "contoso", "acme-labs", "mail"}) {
    EXPECT_EQ(find_confusable(name, known), std::nullopt) << name;
  }
}

TEST(ConfusableNamesTest, PrefersTheNearest) {
  const std::vector<std::string> known{"weatherly1", "weatherly"};
  EXPECT_EQ(find_confusable("weatherlyl", known), "weatherly1");
  EXPECT_EQ(find_confusable("weatherlx", known), "weatherly");
}

// One way in which a name is faked; the random number chooses the place.
std::string fake(std::string name, std::mt19937_64& random) {
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::pair<std::string, std::string>> shapes{
      {"o", "0"},  {"l", "1"},  {"i", "1"},  {"i", "l"},  {"l", "i"},  {"s", "5"}, {"m", "rn"},
      {"w", "vv"}, {"d", "cl"}, {"rn", "m"}, {"vv", "w"}, {"cl", "d"}, {"0", "o"}, {"1", "l"}};
  switch (below(name.size() < 4 ? 2 : 6)) {
    case 0: {  // a letter that looks like another, once or everywhere
      const auto& [from, to] = shapes[below(shapes.size())];
      const bool everywhere = below(2) == 0;
      for (std::size_t at = name.find(from); at != std::string::npos; at = name.find(from, at + to.size())) {
        name.replace(at, from.size(), to);
        if (!everywhere) break;
      }
      return name;
    }
    case 1: {  // a hyphen more, or none
      if (below(2) == 0) {
        std::erase(name, '-');
        return name;
      }
      return name.insert(1 + below(name.size() - 1), "-");
    }
    case 2:  // a letter left out
      return name.erase(below(name.size()), 1);
    case 3:  // doubled
      return name.insert(below(name.size()), 1, name[below(name.size())]);
    case 4:  // another
      name[below(name.size())] = static_cast<char>('a' + below(26));
      return name;
    default: {  // two changed places
      const std::size_t at = below(name.size() - 1);
      std::swap(name[at], name[at + 1]);
      return name;
    }
  }
}

TEST(ConfusableNamesTest, FindsNinetyNineOfAHundredFakes) {
  constexpr std::size_t kFakes = 10'000;
  const std::vector<std::string> popular = names_of("popular.txt");
  ASSERT_EQ(popular.size(), 100U);
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  std::size_t made = 0;
  std::size_t found = 0;
  std::string missed;
  while (made < kFakes) {
    const std::string name = fake(popular[random() % popular.size()], random);
    if (!is_publisher_name(name) || std::ranges::find(popular, name) != popular.end()) continue;
    ++made;
    if (find_confusable(name, popular)) {
      ++found;
    } else {
      missed += ' ' + name;
    }
  }
  std::cout << "seed " << seed << ": " << found << " of " << made << " fakes found\n";
  EXPECT_GE(found * 100, made * 99) << "seed " << seed << ", missed:" << missed;
}

TEST(ConfusableNamesTest, LeavesNinetyNineOfAHundredHonestNamesAlone) {
  std::vector<std::string> known = names_of("popular.txt");
  known.insert(known.end(), reserved_publishers().begin(), reserved_publishers().end());
  const std::vector<std::string> honest = names_of("honest.txt");
  ASSERT_EQ(honest.size(), 10'000U);
  const auto flagged = static_cast<std::size_t>(std::ranges::count_if(
      honest, [&known](const std::string& name) { return find_confusable(name, known).has_value(); }));
  std::cout << flagged << " of " << honest.size() << " honest names look like a known one\n";
  EXPECT_LE(flagged * 100, honest.size());
}

}  // namespace
}  // namespace palyra::skills
