// SPDX-License-Identifier: Apache-2.0
#include "own_address.h"

#include <palyra/base/testing.h>
#include <palyra/egress/ip_address.h>

#include <string>

namespace palyra::egress {
namespace {

std::string_view refusal(std::string_view text) {
  const auto address = parse_ip(text);
  return address ? refusal_of(*address) : "not an address";
}

// H01: the first and the last address of every range, and the neighbours outside.
TEST(AddressRuleTest, RefusesEveryRangeOfIpv4FromItsFirstToItsLastAddress) {
  for (const std::string_view text :
       {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.1.2.3",        "10.255.255.255",
        "100.64.0.0",      "100.100.100.200", "100.127.255.255", "127.0.0.0",       "127.0.0.1",
        "127.255.255.255", "169.254.0.0",     "169.254.169.254", "169.254.170.2",   "169.254.255.255",
        "172.16.0.0",      "172.31.255.255",  "192.0.0.0",       "192.0.0.192",     "192.0.0.255",
        "192.0.2.0",       "192.0.2.255",     "192.88.99.0",     "192.88.99.255",   "192.168.0.0",
        "192.168.255.255", "198.18.0.0",      "198.19.255.255",  "198.51.100.0",    "198.51.100.255",
        "203.0.113.0",     "203.0.113.255",   "224.0.0.0",       "239.255.255.255", "240.0.0.0",
        "255.255.255.254", "255.255.255.255", "168.63.129.16"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
}

TEST(AddressRuleTest, AllowsGlobalUnicastOfIpv4) {
  for (const std::string_view text :
       {"1.0.0.0",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "93.184.216.34", "100.63.255.255",
        "100.128.0.0",     "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",   "172.15.255.255",
        "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.0.3.0",       "192.88.98.255", "192.88.100.0",
        "192.167.255.255", "192.169.0.0",     "198.17.255.255",  "198.20.0.0",      "198.51.99.255", "198.51.101.0",
        "203.0.112.255",   "203.0.114.0",     "223.255.255.255", "168.63.129.15",   "168.63.129.17"}) {
    EXPECT_EQ(refusal(text), "") << text;
  }
}

// H01
TEST(AddressRuleTest, OfIpv6OnlyGlobalUnicastIsAllowed) {
  for (const std::string_view text : {"::",
                                      "::1",
                                      "::127.0.0.1",
                                      "::8.8.8.8",
                                      "100::1",
                                      "1fff:ffff::1",
                                      "4000::1",
                                      "5f00::1",
                                      "64:ff9b:1::1",
                                      "fc00::1",
                                      "fd00:ec2::254",
                                      "fd12:3456::1",
                                      "fe80::1",
                                      "fec0::1",
                                      "ff02::1",
                                      "ffff::1",
                                      "2001::1",
                                      "2001:0:1::1",
                                      "2001:1ff:ffff::1",
                                      "2001:db8::1",
                                      "2001:db8:ffff:ffff::1",
                                      "2002::1",
                                      "2002:7f00:1::1",
                                      "2002:808:808::1",
                                      "2002:ffff::1",
                                      "3fff::1",
                                      "3fff:fff:ffff::1"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
  for (const std::string_view text : {"2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1",
                                      "2003::1", "2606:4700::1111", "2a00:1450::1", "3ffe::1", "3fff:1000::1"}) {
    EXPECT_EQ(refusal(text), "") << text;
  }
}

// H01: an IPv4 address in other clothes.
TEST(AddressRuleTest, JudgesTheIpv4AddressInsideAnIpv6One) {
  for (const std::string_view prefix :
       {"64:ff9b::", "2606:4700::5efe:", "2606:4700::200:5efe:", "2606:4700:0:1:0:5efe:"}) {
    for (const std::string_view inner : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0",
                                         "100.64.0.1", "198.18.0.1", "224.0.0.1", "168.63.129.16"}) {
      EXPECT_NE(refusal(std::string(prefix) + std::string(inner)), "") << prefix << inner;
    }
    EXPECT_EQ(refusal(std::string(prefix) + "8.8.8.8"), "") << prefix;
  }
  EXPECT_NE(refusal("::ffff:7f00:1"), "");
  EXPECT_NE(refusal("::ffff:8.8.8.8"), "") << "a socket for it would be one for IPv4";
  EXPECT_NE(refusal("64:ff9b::7f00:1"), "");
}

TEST(AddressRuleTest, KnowsTheIpv4AddressThatAGatewayMakesOfOne) {
  EXPECT_EQ(v4_inside(*parse_ip("64:ff9b::11.22.33.44")), parse_ip("11.22.33.44"));
  EXPECT_EQ(v4_inside(*parse_ip("2606:4700::5efe:11.22.33.44")), parse_ip("11.22.33.44"));
  EXPECT_EQ(v4_inside(*parse_ip("2606:4700::1")), std::nullopt);
  EXPECT_EQ(v4_inside(*parse_ip("11.22.33.44")), std::nullopt);
}

// H23: whatever interface or route it is by.
TEST(AddressRuleTest, KnowsTheAddressesOfThisMachine) {
  EXPECT_EQ(is_of_this_machine(*parse_ip("127.0.0.1")), true);
  EXPECT_EQ(is_of_this_machine(*parse_ip("127.99.1.2")), true);
  EXPECT_EQ(is_of_this_machine(*parse_ip("93.184.216.34")), false);
  EXPECT_EQ(is_of_this_machine(*parse_ip("2606:4700::1111")), false);
}

TEST(AddressRuleTest, KnowsTheNamesOfMetadataServices) {
  EXPECT_TRUE(is_metadata_name("metadata.google.internal"));
  EXPECT_TRUE(is_metadata_name("instance-data"));
  EXPECT_FALSE(is_metadata_name("metadata.example.com"));
}

TEST(IpAddressTest, ReadsFullFormsOnlyAndWritesThemBack) {
  for (const std::string_view text : {"127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "::ffff:1.2.3.4"}) {
    const auto address = parse_ip(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_text(*address), text);
  }
  for (const std::string_view text : {"", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "1.2.3.4.5", "256.0.0.1",
                                      "1.2.3.4 ", "[::1]", "::1%eth0", "fe80::1%1", "localhost", ":::"}) {
    EXPECT_EQ(parse_ip(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_ip(std::string_view("127.0.0.1\0x", 11)), std::nullopt);
  EXPECT_EQ(to_text(Endpoint{.address = *parse_ip("::1"), .port = 8}), "[::1]:8");
  EXPECT_EQ(to_text(Endpoint{.address = *parse_ip("8.8.8.8"), .port = 8}), "8.8.8.8:8");
}

}  // namespace
}  // namespace palyra::egress
