const path = require( 'path' );
const defaults = require( '@wordpress/scripts/config/webpack.config' );

const keep = ( plugin ) => ! [ 'CleanWebpackPlugin' ].includes( plugin.constructor.name );

// The screen in wp-admin and the block: React and WordPress's packages come from WordPress itself.
const admin = {
	...defaults,
	entry: { admin: './src/admin/index.tsx', 'block/index': './src/block/index.ts' },
	output: { ...defaults.output, clean: false },
	plugins: defaults.plugins.filter( keep ),
};

// The storefront: two modules without any dependency, the second loaded when a shopper opens the chat.
const storefront = {
	mode: defaults.mode,
	devtool: false,
	target: 'es2022',
	entry: { launcher: './src/launcher/launcher.ts', chat: './src/chat/chat.ts' },
	output: { path: path.resolve( 'build' ), filename: '[name].js', module: true, library: { type: 'module' }, chunkFormat: 'module' },
	experiments: { outputModule: true },
	optimization: { minimizer: defaults.optimization.minimizer, concatenateModules: true },
	module: { rules: defaults.module.rules.filter( ( { test } ) => test && test.test( 'a.ts' ) ) },
	resolve: { extensions: [ '.ts' ] },
};

module.exports = [ admin, storefront ];
