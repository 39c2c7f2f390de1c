/* What WordPress 6.6 and later have as `react-jsx-runtime`, for WordPress 6.5. */
( function ( React ) {
	function jsx( type, props, key ) {
		var all = Object.assign( {}, props );
		var children = all.children;
		delete all.children;
		if ( key !== undefined ) {
			all.key = key;
		}
		return React.createElement.apply( React, [ type, all ].concat( Array.isArray( children ) ? children : children === undefined ? [] : [ children ] ) );
	}
	window.ReactJSXRuntime = { jsx: jsx, jsxs: jsx, Fragment: React.Fragment };
} )( window.React );
