// What quantize says of what it measured.
#include "limbeck/Session/Quantize.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace limbeck;
using namespace limbeck::session;

static QuantizeReport timed(double floatMs, double quantizedMs) {
  QuantizeReport report;
  report.choice.forms = {"int8"};
  report.speed.emplace();
  report.speed->model.p50Ms = quantizedMs;
  report.speed->baselines.emplace_back().p50Ms = floatMs;
  return report;
}

TEST(QuantizeReport, numbersHaveTheDigitsThatSayMost) {
  QuantizeReport report = timed(0.00153, 0.001);
  report.speed->model.threads = 1;
  report.speed->cpu = "chip";
  report.calibrationSamples = 1;
  std::string text = quantizeText(report);
  EXPECT_NE(text.find("calibrated with 1 sample\n"), std::string::npos) << text;
  EXPECT_NE(text.find("time: float 0.001530 ms, int8 0.001000 ms: 1.53 times as fast, 1 thread, chip"),
            std::string::npos)
      << text;
  EXPECT_EQ(decibelsText(INFINITY), "exact");
  EXPECT_EQ(decibelsText(-INFINITY), "no signal");
  EXPECT_EQ(decibelsText(31.167774, 2), "31.17 dB");
}
