/** For tests that need the gateway; they count as skipped where its image is not to be had. */
export const withGateway = process.env.LAKEHOUSE_GATEWAY === 'yes' ? test : test.skip;
