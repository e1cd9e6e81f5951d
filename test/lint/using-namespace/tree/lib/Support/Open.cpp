using namespace limbeck;
